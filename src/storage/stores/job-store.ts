import type { Knex } from 'knex';
import { JOB_ENDS, JOB_TRANSITIONS, type JobEvent } from '../../domain/job-state.js';
import { modelKeyText, type ModelKey } from '../../domain/model-key.js';
import {
  isHigher,
  queueRank,
  type JobStatus,
  type Priority,
  type TrainingJob,
  type TrainingSession,
} from '../../domain/training-job.js';
import type { Clock } from '../../lib/clock.js';
import { RejectedError } from '../../lib/errors.js';
import { assertDefined } from '../../lib/invariant.js';
import type { Database } from '../database/database.js';
import { insertOnce } from '../rows/write-rows.js';
import { listRows } from '../rows/list-rows.js';
import { keyColumns } from '../rows/row-codec.js';
import { JobCandidates } from './job-candidates.js';
import { JOB, type StoredJob } from './job-row.js';
import { ofDaemon, type OfDaemon } from './waiting-jobs.js';
import type { InsertStatus, Page, Paged, Row } from '../connection/row.js';

const BY_TURN = { timeColumn: 'turn_at', isOldestFirst: true };

/** So often candidates are looked for again that others have won. */
const CLAIM_ROUNDS = 10;

export interface JobFilter {
  readonly venue?: string | undefined;
  readonly symbol?: string | undefined;
  readonly timeframe?: string | undefined;
  readonly bot?: string | undefined;
  readonly status?: JobStatus | undefined;
  readonly sessionUid?: string | undefined;
  readonly trialUid?: string | undefined;
  /** Bounds of the wall time of queueing, both included. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** As waiting jobs are claimed, not newest first. */
  readonly isByTurn?: boolean | undefined;
}

/** What a job trains: a key, in an experiment or for a shadow a key of a trial. */
export interface JobKey extends ModelKey {
  readonly trialUid?: string | undefined;
}

export interface JobEnd {
  readonly status: Extract<JobStatus, 'completed' | 'failed' | 'cancelled'>;
  /** The run that worked on it: refused where another one has taken it over. */
  readonly ownerRunUid?: string | undefined;
  /** The attempt that it worked on: refused where the job was taken up again since. */
  readonly attempt?: number | undefined;
  readonly finishedAt: number;
  readonly errorCode?: string | undefined;
  readonly errorMessage?: string | undefined;
  readonly modelUid?: string | undefined;
}

export interface JobClaim extends OfDaemon {
  /** Only jobs of these priorities, in this order; all by their turn where undefined. */
  readonly queues?: readonly Priority[] | undefined;
  readonly ownerRunUid: string;
  /** Wall time. */
  readonly at: number;
}

/** Why open jobs are taken out of the queue. */
export interface Cancellation {
  readonly code: string;
  readonly message: string;
  /** Wall time. */
  readonly at: number;
}

/** Which open jobs are meant: of a venue, a session or a key, but for some. */
export interface OpenJobs {
  readonly venue?: string;
  readonly sessionUid?: string;
  readonly key?: ModelKey;
  readonly uid?: string;
  readonly status?: 'pending';
  readonly except?: readonly string[];
}

/** Jobs of a venue, or of a session with those that it joined. */
export type JobGroup =
  { readonly venue: string } | { readonly sessionUid: string; readonly joined: readonly string[] };

export interface JobTally {
  readonly status: JobStatus;
  readonly priority: Priority;
  readonly jobs: number;
  /** Of all of them together. */
  readonly progressPct: number;
  /** Wall time from start to end of all of them together. */
  readonly workedMs: number;
}

/** Attempts to train: at most one of a key is pending or running. */
export class JobStore {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #candidates: JobCandidates;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
    this.#candidates = new JobCandidates(database);
  }

  /**
   * Queues a job, or joins the one of its key that is still open: where that one waits with a lower
   * priority, it is raised; where it waits to do less, it will do what is asked now.
   */
  async insert(
    job: TrainingJob,
  ): Promise<{ readonly status: InsertStatus; readonly job: StoredJob }> {
    const createdAt = this.#clock.wallMs();
    const values = {
      ...JOB.encodePart({ ...job, rowVersion: 1, createdAt }),
      open_key: isOpen(job.status) ? openKeyOf(job) : null,
      turn_at: queueRank(job),
    };
    const inserted = await insertOnce(
      this.#database,
      { table: 'training_jobs', values },
      async () => (isOpen(job.status) ? this.findOpen(job) : this.find(job.uid)),
    );
    if (inserted.status === 'inserted') return { status: 'inserted', job: inserted.row };
    return { status: 'exists', job: await this.#raise(inserted.row, job) };
  }

  /** Takes the venue's pending job whose turn it is; no two callers ever get the same one. */
  async claimNext({ queues, ownerRunUid, at, ...of }: JobClaim): Promise<StoredJob | undefined> {
    const columns = { owner_run_uid: ownerRunUid, started_at: at };
    const { to: status } = JOB_TRANSITIONS.claim;
    for (let round = 0; round < CLAIM_ROUNDS; round++) {
      const next = await this.#candidates.list(of, queues);
      if (next.length === 0) return undefined;
      for (const job of this.#candidates.untried(next)) {
        if (await this.#claim(job, columns))
          return { ...job, status, ownerRunUid, startedAt: at, rowVersion: job.rowVersion + 1 };
      }
    }
    return undefined;
  }

  async #claim(job: StoredJob, columns: Record<string, unknown>): Promise<boolean> {
    const { uid, rowVersion } = job;
    try {
      return await this.#take('claim', { uid, row_version: rowVersion }, columns);
    } catch (error) {
      this.#candidates.forget(job);
      throw error;
    }
  }

  /** Whether anything waits for the daemon, be it of a session that is paused. */
  async isAnyPending(of: OfDaemon): Promise<boolean> {
    const row = await this.#database.run((knex) =>
      knex('training_jobs')
        .where({ status: 'pending' })
        .where(ofDaemon(of))
        .first<Row | undefined>('id'),
    );
    return row !== undefined;
  }

  /** Ends open jobs, also running ones: what their workers bring is then refused. */
  cancelOpen(which: OpenJobs, { code, message, at }: Cancellation): Promise<number> {
    const { venue, sessionUid, key, uid, status, except = [] } = which;
    const open_key = key === undefined ? undefined : modelKeyText(key);
    const equal = Object.entries({ session_uid: sessionUid, open_key, uid, status }).filter(
      ([, value]) => value !== undefined,
    );
    const end = {
      status: JOB_TRANSITIONS.cancel.to,
      finishedAt: at,
      errorCode: code,
      errorMessage: message,
    };
    return this.#database.run((knex) =>
      knex('training_jobs')
        .where(Object.fromEntries(equal))
        .where(venue === undefined ? {} : ofDaemon({ venue, withFiles: true }))
        .whereIn('status', [...JOB_TRANSITIONS.cancel.from])
        .whereNotIn('uid', [...except])
        .update({
          ...JOB.encodePart(end as Partial<StoredJob>),
          open_key: null,
          row_version: knex.raw('row_version + 1'),
        }),
    );
  }

  /** Does nothing to a job that no longer runs. */
  async progress(
    uid: string,
    progress: { readonly stage: string; readonly progressPct: number },
  ): Promise<void> {
    await this.#change({ uid, status: 'running' }, JOB.encodePart(progress));
  }

  /** @throws RejectedError when the job has already ended otherwise, is another run's, or is unknown */
  async finish(uid: string, end: JobEnd): Promise<void> {
    const { status, finishedAt, errorCode, errorMessage, modelUid, ownerRunUid, attempt } = end;
    const columns = JOB.encodePart({ finishedAt, errorCode, errorMessage, modelUid });
    const which = attempt === undefined ? {} : { attempt };
    const where = { uid, ...ownedBy(ownerRunUid), ...which };
    const isChanged = await this.#take(JOB_ENDS[status], where, { ...columns, open_key: null });
    if (isChanged) return;
    const job = await this.find(uid);
    if (job?.status === status && (attempt ?? job.attempt) === job.attempt) return;
    throw new RejectedError(`Job ${uid} is ${job?.status ?? 'unknown'}, not to be ${status}`);
  }

  async find(uid: string): Promise<StoredJob | undefined> {
    const row = await this.#database.run((knex) =>
      knex('training_jobs').where({ uid }).first<Row | undefined>(),
    );
    return row === undefined ? undefined : JOB.decode(row);
  }

  /** The pending or running job of the key; of an experiment's or shadow's, that of the same trial. */
  async findOpen(key: JobKey): Promise<StoredJob | undefined> {
    const row = await this.#database.run((knex) =>
      knex('training_jobs')
        .where({ open_key: openKeyOf(key) })
        .first<Row | undefined>(),
    );
    return row === undefined ? undefined : JOB.decode(row);
  }

  /** Running jobs of other runs, which may be dead. */
  async listRunningNotOwnedBy(runUid: string, of: OfDaemon): Promise<readonly StoredJob[]> {
    const rows = await this.#database.run((knex) =>
      knex('training_jobs')
        .where({ status: 'running' })
        .where(ofDaemon(of))
        .where((owner) => {
          void owner.whereNot('owner_run_uid', runUid).orWhereNull('owner_run_uid');
        })
        .orderBy(['queued_at', 'id'])
        .select<Row[]>('*'),
    );
    return rows.map((row) => JOB.decode(row));
  }

  /**
   * Puts a running job back in the queue; says whether it was running.
   *
   * @param why.isDeath the process died over it, which counts as an attempt; a graceful stop does not
   * @param why.ownerRunUid only while it is that run's; whosever it is where undefined
   */
  requeue(
    uid: string,
    why: {
      readonly reason: string;
      readonly isDeath: boolean;
      readonly ownerRunUid?: string | undefined;
    },
  ): Promise<boolean> {
    const { reason, isDeath, ownerRunUid } = why;
    const where = { uid, ...ownedBy(ownerRunUid) };
    return this.#take('requeue', where, (knex) => ({
      owner_run_uid: null,
      started_at: null,
      stage: null,
      progress_pct: 0,
      error_message: reason,
      attempt: knex.raw('attempt + ?', [isDeath ? 1 : 0]),
    }));
  }

  /** Newest first. */
  list(filter: JobFilter, page: Page): Promise<Paged<StoredJob>> {
    const { from, to, venue, symbol, timeframe, bot, status, isByTurn } = filter;
    const { sessionUid: session_uid, trialUid: trial_uid } = filter;
    const equal = { venue, symbol, timeframe, bot, status, session_uid, trial_uid };
    const order = isByTurn === true ? BY_TURN : { timeColumn: 'queued_at', from, to };
    const query = { table: 'training_jobs', equal, ...order, page };
    return listRows(this.#database, query, (row) => JOB.decode(row));
  }

  /** Own jobs and those that it joined, newest first. */
  listOfSession(
    { uid, joinedJobs = [] }: Pick<TrainingSession, 'uid' | 'joinedJobs'>,
    page: Page,
  ): Promise<Paged<StoredJob>> {
    const either = { session_uid: [uid], uid: joinedJobs };
    const query = { table: 'training_jobs', equal: {}, either, timeColumn: 'queued_at', page };
    return listRows(this.#database, query, (row) => JOB.decode(row));
  }

  /** How many jobs there are in each status and priority, how far they are and how long they took. */
  async tally(of: JobGroup): Promise<readonly JobTally[]> {
    const rows = await this.#database.run((knex) =>
      knex('training_jobs')
        .where((group) => {
          if ('venue' in of) void group.where(ofDaemon({ venue: of.venue, withFiles: true }));
          else void group.where({ session_uid: of.sessionUid }).orWhereIn('uid', [...of.joined]);
        })
        .groupBy('status', 'priority')
        .select<Row[]>(
          'status',
          'priority',
          knex.raw('COUNT(*) AS jobs'),
          knex.raw('SUM(progress_pct) AS progress'),
          knex.raw('SUM(finished_at - started_at) AS worked'),
        ),
    );
    return rows.map((row) => ({
      status: String(row['status']) as JobStatus,
      priority: String(row['priority']) as Priority,
      jobs: Number(row['jobs']),
      progressPct: Number(row['progress'] ?? 0),
      workedMs: Number(row['worked'] ?? 0),
    }));
  }

  /** The job of the key that was queued last; of an experiment's or shadow's, of the same trial. */
  async latest(key: JobKey): Promise<StoredJob | undefined> {
    const row = await this.#database.run((knex) =>
      knex('training_jobs')
        .where({ ...keyColumns(key), trial_uid: key.trialUid ?? null })
        .orderBy([
          { column: 'queued_at', order: 'desc' },
          { column: 'id', order: 'desc' },
        ])
        .first<Row | undefined>(),
    );
    return row === undefined ? undefined : JOB.decode(row);
  }

  async #raise(job: StoredJob, asked: TrainingJob): Promise<StoredJob> {
    const priority = isHigher(asked.priority, job.priority) ? asked.priority : job.priority;
    const mode = asked.mode === 'full' ? asked.mode : job.mode;
    const isSame = priority === job.priority && mode === job.mode;
    if (job.status !== 'pending' || isSame) return job;
    const columns = { priority, mode, turn_at: queueRank({ ...job, priority }) };
    await this.#change({ uid: job.uid, status: 'pending', row_version: job.rowVersion }, columns);
    return this.#get(job.uid);
  }

  async #get(uid: string): Promise<StoredJob> {
    return assertDefined(await this.find(uid), `job ${uid}`);
  }

  /** One step of the table of legal ones, in one statement; says whether a job was in a status that has it. */
  #take(
    event: JobEvent,
    where: Record<string, unknown>,
    columns: Record<string, unknown> | ((knex: Knex) => Record<string, unknown>),
  ): Promise<boolean> {
    const { from, to } = JOB_TRANSITIONS[event];
    return this.#database.run(async (knex) => {
      const changed = await knex('training_jobs')
        .where(where)
        .whereIn('status', [...from])
        .update({
          ...(typeof columns === 'function' ? columns(knex) : columns),
          status: to,
          row_version: knex.raw('row_version + 1'),
        });
      return changed === 1;
    });
  }

  #change(where: Record<string, unknown>, columns: Record<string, unknown>): Promise<boolean> {
    return this.#database.run(async (knex) => {
      const changed = await knex('training_jobs')
        .where(where)
        .update({ ...columns, row_version: knex.raw('row_version + 1') });
      return changed === 1;
    });
  }
}

/** Only of that run; of whichever where undefined. */
function ownedBy(runUid: string | undefined): Record<string, string> {
  return runUid === undefined ? {} : { owner_run_uid: runUid };
}

/** Unique among open jobs. */
function openKeyOf({ trialUid, ...key }: JobKey): string {
  return trialUid === undefined ? modelKeyText(key) : `${trialUid} ${key.symbol} ${key.timeframe}`;
}

function isOpen(status: JobStatus): boolean {
  return status === 'pending' || status === 'running';
}
