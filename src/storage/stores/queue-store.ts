import type { Priority, TrainingJob } from '../../domain/training-job.js';
import type { Row } from '../connection/row.js';
import type { Database } from '../database/database.js';
import { inChunks } from '../rows/write-rows.js';
import { JOB, type StoredJob } from './job-row.js';
import { waitingJobs, type OfDaemon } from './waiting-jobs.js';

/** SQLite takes some thousand values in one statement. */
const UIDS_A_QUERY = 500;

/** What those must know of the jobs who have others work on them. */
export class QueueStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Jobs that may be claimed now, in the order of their turns. */
  async listWaiting(
    of: OfDaemon,
    limit: number,
  ): Promise<readonly Pick<TrainingJob, 'uid' | 'priority'>[]> {
    const rows = await this.#database.run((knex) =>
      waitingJobs(knex, of)
        .orderBy(['turn_at', 'queued_at', 'id'])
        .limit(limit)
        .select<Row[]>('uid', 'priority'),
    );
    return rows.map((row) => ({
      uid: String(row['uid']),
      priority: String(row['priority']) as Priority,
    }));
  }

  /** Uids of the jobs that a run works on. */
  async listOwned(ownerRunUid: string): Promise<readonly string[]> {
    const rows = await this.#database.run((knex) =>
      knex('training_jobs')
        .where({ status: 'running', owner_run_uid: ownerRunUid })
        .select<Row[]>('uid'),
    );
    return rows.map((row) => String(row['uid']));
  }

  async listByUid(uids: readonly string[]): Promise<readonly StoredJob[]> {
    const jobs: StoredJob[] = [];
    for await (const chunk of inChunks(uids, UIDS_A_QUERY)) {
      const rows = await this.#database.run((knex) =>
        knex('training_jobs')
          .whereIn('uid', [...chunk])
          .select<Row[]>('*'),
      );
      jobs.push(...rows.map((row) => JOB.decode(row)));
    }
    return jobs;
  }

  /** Those of the jobs that have not ended. */
  async listOpenUids(uids: readonly string[]): Promise<ReadonlySet<string>> {
    const open = new Set<string>();
    for await (const chunk of inChunks(uids, UIDS_A_QUERY)) {
      const rows = await this.#database.run((knex) =>
        knex('training_jobs')
          .whereIn('uid', [...chunk])
          .whereIn('status', ['pending', 'running'])
          .select<Row[]>('uid'),
      );
      for (const row of rows) open.add(String(row['uid']));
    }
    return open;
  }
}
