import type { TrainingJob } from '../../domain/training-job.js';
import type { ModelRecord } from '../../domain/model-record.js';
import type { Clock } from '../../lib/clock.js';
import type { Stores } from '../../storage/stores.js';
import type { TrainingEvents } from '../queue/job-worker.js';
import type { JobEvent } from './job-events.js';
import type { PublishedModels } from './published-models.js';

/** Jobs of one venue whose end is awaited at most; a later round awaits the others. */
const MOST_AWAITED = 10_000;
/** Wall time in which told ends are gathered. */
const GATHER_MS = 20;

export interface RemoteOutcomesOptions {
  readonly stores: Pick<Stores, 'jobs' | 'models' | 'queue'>;
  readonly clock: Pick<Clock, 'sleep'>;
  /** Aborts when the daemon stops: an end that was told in its last moment stays in the database alone. */
  readonly signal?: AbortSignal | undefined;
  readonly events?: TrainingEvents | undefined;
  /** Where workers have models' folders of their own: what makes their models serve. */
  readonly published?: PublishedModels | undefined;
}

/**
 * Tells this process what workers elsewhere did: progress as it comes, and each job's end once. The end is read from
 * the database, at the worker's word or in the next round where that was lost.
 */
export class RemoteOutcomes {
  readonly #options: RemoteOutcomesOptions;
  readonly #awaited = new Set<string>();
  /** Jobs under way, so that their progress needs no query. */
  readonly #running = new Map<string, TrainingJob>();
  /** Jobs whose end a worker told and that are not read yet. */
  readonly #ended = new Set<string>();
  #concluding: Promise<void> | undefined;

  constructor(options: RemoteOutcomesOptions) {
    this.#options = options;
  }

  /** These are open: their end is to be told. */
  expect(jobs: readonly Pick<TrainingJob, 'uid'>[]): void {
    for (const { uid } of jobs) {
      if (this.#awaited.size < MOST_AWAITED) this.#awaited.add(uid);
    }
  }

  async take(event: Exclude<JobEvent, { kind: 'log' }>): Promise<void> {
    if (event.kind === 'ended') {
      this.#ended.add(event.job);
      this.#concluding ??= this.#concludeEnded();
      await this.#concluding;
      return;
    }
    const { job: uid, stage, progressPct } = event;
    const job = this.#running.get(uid) ?? (await this.#options.stores.jobs.find(uid));
    if (job === undefined || (job.status !== 'running' && job.status !== 'pending')) return;
    this.#running.set(uid, job);
    this.#awaited.add(uid);
    this.#options.events?.onProgress?.(job, { stage, progressPct });
  }

  /** Tells the ends that no worker told of. */
  async look(): Promise<void> {
    const open = await this.#options.stores.queue.listOpenUids([...this.#awaited]);
    for (const uid of this.#awaited) {
      if (!open.has(uid)) await this.#conclude(uid, await this.#options.stores.jobs.find(uid));
    }
  }

  /** Lets models serve whose files could not be had when their job ended. */
  async takePublished(withFiles: boolean): Promise<void> {
    const { published } = this.#options;
    for (const record of (await published?.list(withFiles)) ?? []) {
      const taken = await published?.take(record);
      if (taken !== undefined) await this.#tellVerdict(taken);
    }
  }

  /** Short jobs end by the hundred a second: those of a moment are read together. */
  async #concludeEnded(): Promise<void> {
    const { clock, stores, signal } = this.#options;
    try {
      await clock.sleep(GATHER_MS, signal);
    } finally {
      this.#concluding = undefined;
    }
    const uids = [...this.#ended];
    this.#ended.clear();
    const jobs = new Map((await stores.queue.listByUid(uids)).map((job) => [job.uid, job]));
    for (const uid of uids) await this.#conclude(uid, jobs.get(uid));
  }

  async #conclude(uid: string, job: TrainingJob | undefined): Promise<void> {
    const isOpen = job?.status === 'pending' || job?.status === 'running';
    this.#running.delete(uid);
    // A job that was given back ends later.
    if (isOpen || !this.#awaited.delete(uid)) return;
    if (job !== undefined) await this.#tell(job);
  }

  async #tell(job: TrainingJob): Promise<void> {
    const { events, stores } = this.#options;
    const record = job.modelUid === undefined ? undefined : await stores.models.find(job.modelUid);
    if (record === undefined) {
      const isOver = job.status === 'failed' || job.status === 'completed';
      events?.onEnded?.(job, isOver ? job.status : 'cancelled');
      return;
    }
    if (job.status === 'failed') {
      events?.onFailed?.(record);
      events?.onEnded?.(job, 'failed');
      return;
    }
    const isAwaited = record.stage === 'candidate';
    const judged = isAwaited ? await this.#options.published?.take(record) : record;
    if (judged === undefined) {
      events?.onEnded?.(job, 'published');
      return;
    }
    await this.#tellVerdict(judged);
    events?.onEnded?.(job, judged.stage === 'rejected' ? 'rejected' : 'promoted');
  }

  async #tellVerdict(record: ModelRecord): Promise<void> {
    const { events } = this.#options;
    if (record.stage === 'rejected') events?.onRejected?.(record);
    else events?.onPromoted?.(await this.#servingInstead(record));
  }

  /** A model that was replaced before this process heard of it does not begin to serve any more. */
  async #servingInstead(record: ModelRecord): Promise<ModelRecord> {
    if (record.stage === 'serving') return record;
    return (await this.#options.stores.models.findServing(record)) ?? record;
  }
}
