import type { Knex } from 'knex';
import Mysql2Client from 'knex/lib/dialects/mysql2/index.js';
import type { Connection } from 'mysql2';
import { STATEMENT_TIMEOUT_MS } from './connection-options.js';
import { isConnectionLost, markUnrepeatable } from './errors.js';

interface Query {
  readonly sql?: string;
  options?: object;
}

const READS = /^\s*(select|with|show)\b/i;
const COMMITS = /^\s*commit\b/i;

/**
 * knex's dialect for a server that may go away. A statement without an answer is given up together
 * with its connection, on which everything later would wait for the same answer; and what fails is
 * marked where it cannot be known whether the server carried it out.
 */
export class MysqlClient extends Mysql2Client {
  override async _query(connection: Connection, given: Query | string): Promise<unknown> {
    const query: Query = typeof given === 'string' ? { sql: given } : given;
    query.options = { ...query.options, timeout: STATEMENT_TIMEOUT_MS };
    try {
      return await super._query(connection, query);
    } catch (error) {
      if (isConnectionLost(error)) {
        connection.destroy();
        const sql = query.sql ?? '';
        if (COMMITS.test(sql)) markUnrepeatable(error, 'commit');
        else if (!READS.test(sql)) markUnrepeatable(error, 'write');
      }
      throw error;
    }
  }
}

/** Its type is that of any client of knex. */
export const mysqlClient = MysqlClient as unknown as typeof Knex.Client;
