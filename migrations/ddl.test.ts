import { describe, expect, it } from 'vitest';
import { MIGRATIONS } from './index.js';
import { addColumns, addIndex, createTable } from './ddl.js';

const BY_ID = createTable('0001_fills', {
  name: 'fills',
  columns: { uid: 'uid', order_uid: 'uid', price: 'decimal', note: 'text?', at: 'time' },
  unique: [['uid']],
  indexes: [['at', 'uid']],
  references: { order_uid: 'orders.uid' },
});

const BY_KEY = createTable('0002_leases', {
  name: 'leases',
  columns: { venue: 'venue', factor: 'double', is_held: 'flag' },
  primaryKey: ['venue'],
});

describe('createTable', () => {
  it('writes a strict table and its indexes for SQLite', () => {
    const [table, index] = BY_ID.statements('sqlite');
    expect(table?.split('\n').map((line) => line.trim())).toEqual([
      'CREATE TABLE IF NOT EXISTS `fills` (',
      '`id` INTEGER PRIMARY KEY,',
      '`uid` TEXT NOT NULL,',
      '`order_uid` TEXT NOT NULL,',
      '`price` TEXT NOT NULL,',
      '`note` TEXT NULL,',
      '`at` INTEGER NOT NULL,',
      'UNIQUE (`uid`),',
      'FOREIGN KEY (`order_uid`) REFERENCES `orders` (`uid`)',
      ') STRICT',
    ]);
    expect(index).toBe('CREATE INDEX IF NOT EXISTS `fills_by_at_uid` ON `fills` (`at`, `uid`)');
  });

  it('writes one statement with everything in it for MySQL', () => {
    const statements = BY_ID.statements('mysql');
    expect(statements).toHaveLength(1);
    expect(statements[0]?.split('\n').map((line) => line.trim())).toEqual([
      'CREATE TABLE IF NOT EXISTS `fills` (',
      '`id` BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,',
      '`uid` VARCHAR(26) NOT NULL,',
      '`order_uid` VARCHAR(26) NOT NULL,',
      '`price` VARCHAR(96) NOT NULL,',
      '`note` MEDIUMTEXT NULL,',
      '`at` BIGINT NOT NULL,',
      'UNIQUE KEY `u0` (`uid`),',
      'KEY `i0` (`at`, `uid`),',
      'FOREIGN KEY (`order_uid`) REFERENCES `orders` (`uid`)',
      ') ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin',
    ]);
  });

  it('stores rows in the order of a natural key where there is one', () => {
    const [table] = BY_KEY.statements('sqlite');
    expect(table).toContain('PRIMARY KEY (`venue`)');
    expect(table).not.toContain('`id`');
    expect(table).toMatch(/STRICT, WITHOUT ROWID$/);
    expect(BY_KEY.statements('mysql')[0]).toContain('`factor` DOUBLE NOT NULL');
  });
});

describe('addColumns', () => {
  const STEP = addColumns('0003_notes', 'fills', {
    word: { type: 'word', default: "it's" },
    size: { type: 'integer', default: 1 },
    note: { type: 'text?' },
  });

  it('writes a statement a column for SQLite, which fills the rows that are there', () => {
    expect(STEP.statements('sqlite')).toEqual([
      "ALTER TABLE `fills` ADD COLUMN `word` TEXT NOT NULL DEFAULT 'it''s'",
      'ALTER TABLE `fills` ADD COLUMN `size` INTEGER NOT NULL DEFAULT 1',
      'ALTER TABLE `fills` ADD COLUMN `note` TEXT NULL',
    ]);
  });

  it('writes one statement for MySQL, guarded where the server knows how', () => {
    const guard = '  ADD COLUMN /*M! IF NOT EXISTS */';
    expect(STEP.statements('mysql').map((sql) => sql.split('\n'))).toEqual([
      [
        'ALTER TABLE `fills`',
        `${guard} \`word\` VARCHAR(64) NOT NULL DEFAULT 'it''s',`,
        `${guard} \`size\` BIGINT NOT NULL DEFAULT 1,`,
        `${guard} \`note\` MEDIUMTEXT NULL`,
      ],
    ]);
  });
});

describe('addIndex', () => {
  const index = { table: 'fills', name: 'fills_by_turn', columns: ['at', 'uid'] };
  const step = addIndex('0004_turn', index);

  it('writes one statement that does nothing where the index is there', () => {
    expect(step.statements('sqlite')).toEqual([
      'CREATE INDEX IF NOT EXISTS `fills_by_turn` ON `fills` (`at`, `uid`)',
    ]);
  });

  it('is guarded on MariaDB, whose guard MySQL takes for a comment', () => {
    expect(step.statements('mysql')).toEqual([
      'CREATE INDEX /*M! IF NOT EXISTS */ `fills_by_turn` ON `fills` (`at`, `uid`)',
    ]);
  });
});

it('each step has a number of its own', () => {
  const numbers = MIGRATIONS.map(({ name }) => name.slice(0, 4));
  expect(new Set(numbers).size).toBe(numbers.length);
});
