import { createConnection } from 'mysql2/promise';
import { mysqlLocation } from '../../test/mysql-server.js';
import { withRedis } from '../../test/redis-server.js';

/** What database and Redis have done since they were started, for everybody. */
export interface ServerCounters {
  readonly statements: number;
  /** Of these, the ones that write. */
  readonly writes: number;
  readonly redisCommands: number;
}

const WRITES = ['Com_insert', 'Com_update', 'Com_delete'];

export async function readCounters(redisUrl: string): Promise<ServerCounters> {
  const { host, port, user, password } = mysqlLocation();
  const connection = await createConnection({ host, port, user, password });
  try {
    const [rows] = await connection.query('SHOW GLOBAL STATUS');
    const status = new Map(
      (rows as { Variable_name: string; Value: string }[]).map((row) => [
        row.Variable_name,
        Number(row.Value),
      ]),
    );
    const sum = (names: readonly string[]): number =>
      names.reduce((total, name) => total + (status.get(name) ?? NaN), 0);
    return {
      statements: sum(['Questions']),
      writes: sum(WRITES),
      redisCommands: await countCommands(redisUrl),
    };
  } finally {
    await connection.end();
  }
}

async function countCommands(url: string): Promise<number> {
  const info = await withRedis(url, (redis) => redis.info('stats'));
  return Number(/total_commands_processed:(\d+)/.exec(info)?.[1] ?? NaN);
}

export function differenceOf(before: ServerCounters, after: ServerCounters): ServerCounters {
  return {
    statements: after.statements - before.statements,
    writes: after.writes - before.writes,
    redisCommands: after.redisCommands - before.redisCommands,
  };
}
