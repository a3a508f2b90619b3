import { CANDLE_TABLE } from '../../../migrations/ddl.js';
import { BOOKKEEPING_TABLE, MIGRATIONS } from '../../../migrations/index.js';
import { CREATE_BOOKKEEPING } from './migrate-mysql.js';

/** The database that the script makes; its name stands in two of its lines. */
export const DOCUMENTED_DATABASE = 'evenkeel';

const HEADER = `-- The schema of Evenkeel for MySQL 8.0 and MariaDB 10.6 or newer, for an empty server:
--
--   mysql -u root -p < docs/mysql_schema.sql
--
-- It makes what the daemon would make by itself with AUTO_CREATE_SCHEMA=true, and notes the steps as
-- taken, so that later updates go on from here. It may be run again (on MySQL 8 with --force). Then
-- give the daemon's user its rights (with AUTO_CREATE_SCHEMA=false the first four are enough):
--
--   CREATE USER 'evenkeel'@'%' IDENTIFIED BY '...';
--   GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES, CREATE VIEW,
--     SHOW VIEW ON \`${DOCUMENTED_DATABASE}\`.* TO 'evenkeel'@'%';
--
-- Another name for the database: change it in the two statements below. Another one for the candle
-- table (MYSQL_MARKET_DATA_TABLE): change \`${CANDLE_TABLE}\` in the two statements that name it.
--
-- This file is generated from migrations/: npm run docs.
`;

/** The text of `docs/mysql_schema.sql`. */
export function documentMysqlSchema(): string {
  const database = `\`${DOCUMENTED_DATABASE}\``;
  const taken = MIGRATIONS.map(({ name }) => `  ('${name}', 0)`).join(',\n');
  const statements = [
    // As the daemon connects: the words in a view are in the set of the connection that makes it.
    'SET NAMES utf8mb4',
    `CREATE DATABASE IF NOT EXISTS ${database} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,
    `USE ${database}`,
    CREATE_BOOKKEEPING,
    ...MIGRATIONS.flatMap((step) => step.statements('mysql')),
    `INSERT IGNORE INTO ${BOOKKEEPING_TABLE} (name, applied_at) VALUES\n${taken}`,
  ];
  return [HEADER, ...statements.map((statement) => `${statement};\n`)].join('\n');
}
