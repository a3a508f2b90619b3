import type { Knex } from 'knex';
import type { Priority } from '../../domain/training-job.js';
import type { Row } from '../connection/row.js';
import type { Database } from '../database/database.js';
import { JOB, type StoredJob } from './job-row.js';
import { firstByTurn, nextOfQueues, type OfDaemon } from './waiting-jobs.js';

/** Other processes may win the first job that waits, and those after it: of so many one is tried after the other. */
const MOST_CANDIDATES = 8;
/** Kinds of callers change with a venue's files and with the bots that can be trained. */
const MOST_STATEMENTS = 16;
/** Rows that were read before they were tried are tried within moments. */
const MOST_TRIED = 256;

/** The waiting jobs that a lane tries to claim. */
export class JobCandidates {
  readonly #database: Database;
  readonly #statements = new Map<string, Knex.SqlNative>();
  /** Versions of rows that lanes of this process have tried to claim: whoever was first, nobody else can have them. */
  readonly #tried = new Set<string>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** In the order of their turns. */
  async list(of: OfDaemon, queues: readonly Priority[] | undefined): Promise<readonly Row[]> {
    const { sql, bindings } = await this.#statementFor(of, queues);
    return this.#database.selectObjects(sql, bindings as (string | number)[]);
  }

  /**
   * Those that no lane of this process has tried yet. Where there are none, all are tried again the next time: a server
   * that lost its last commits has rows of before.
   */
  *untried(rows: readonly Row[]): Generator<StoredJob> {
    let isAny = false;
    for (const row of rows) {
      const job = JOB.decode(row);
      const version = versionOf(job);
      if (this.#tried.has(version)) continue;
      if (this.#tried.size >= MOST_TRIED) this.#tried.clear();
      this.#tried.add(version);
      isAny = true;
      yield job;
    }
    if (!isAny) this.#tried.clear();
  }

  /** Whether the job was claimed is not known: it may be tried again. */
  forget(job: StoredJob): void {
    this.#tried.delete(versionOf(job));
  }

  /** Put together once for each kind of caller, which asks before every job. */
  async #statementFor(
    of: OfDaemon,
    queues: readonly Priority[] | undefined,
  ): Promise<Knex.SqlNative> {
    const kind = JSON.stringify([of, queues]);
    const known = this.#statements.get(kind);
    if (known !== undefined) return known;
    const limit = MOST_CANDIDATES;
    const statement = await this.#database.run((knex) => {
      const query =
        queues === undefined
          ? firstByTurn(knex, of, limit)
          : nextOfQueues(knex, of, { queues, limit });
      return Promise.resolve(query.toSQL().toNative());
    });
    if (this.#statements.size >= MOST_STATEMENTS) this.#statements.clear();
    this.#statements.set(kind, statement);
    return statement;
  }
}

function versionOf({ uid, rowVersion }: StoredJob): string {
  return `${uid} ${rowVersion}`;
}
