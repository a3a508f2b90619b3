import { setImmediate } from 'node:timers/promises';
import { modelKeyText, type ModelKey } from '../../domain/model-key.js';
import {
  isSessionOver,
  type Priority,
  type SessionKind,
  type SessionStatus,
  type TrainingJob,
  type TrainingMode,
  type TrainingSession,
} from '../../domain/training-job.js';
import type { Clock } from '../../lib/clock.js';
import { RejectedError } from '../../lib/errors.js';
import { assertDefined } from '../../lib/invariant.js';
import { newUid } from '../../lib/uid.js';
import type { JobKey } from '../../storage/stores/job-store.js';
import type { Stores } from '../../storage/stores.js';
import { findNextSessionStatus, SESSION_TRANSITIONS } from '../../domain/job-state.js';
import { hasShadowLeft, reopenShadow } from './retried-shadows.js';
import { readProgress, type SessionProgress } from './session-progress.js';
import type { TrainingOptions } from '../options/training-options.js';

/** Jobs that are stored before the event loop gets its turn: about 5 ms on SQLite. */
const JOBS_A_TURN = 10;

export interface SessionRequest {
  /** Of an experiment or shadow with the trial by which each is trained. */
  readonly keys: readonly JobKey[];
  readonly kind: SessionKind;
  readonly name?: string | undefined;
  /** Default: by the kind. */
  readonly priority?: Priority | undefined;
  /** Default: the setting's. */
  readonly batchSize?: number | undefined;
  readonly config?: Readonly<Record<string, unknown>> | undefined;
  /** Queued by the daemon itself: not while the queue is stopped. */
  readonly isAutomatic?: boolean;
  readonly causeOf?: (key: ModelKey) => string;
  /** Default: by the kind. */
  readonly modeOf?: (key: ModelKey) => TrainingMode;
  /** Runs in the transaction that stores the session; an error rolls both back. */
  readonly alongside?: (tx: Stores, sessionUid: string) => Promise<void>;
}

export interface RequestedJobs {
  readonly sessionUid: string;
  /** In the order of the keys; those that were open already belong to other sessions. */
  readonly jobs: readonly TrainingJob[];
}

export interface SessionView {
  readonly session: TrainingSession;
  readonly progress: SessionProgress;
}

export interface SessionsDependencies {
  readonly stores: Stores;
  readonly clock: Clock;
  readonly options: Pick<TrainingOptions, 'venue' | 'batchSize'>;
  /** How many jobs are under way at once. */
  readonly lanes: number;
  readonly wake: () => void;
  /** Kills the trainers of jobs under way. */
  readonly abort: (isMeant: (job: TrainingJob) => boolean) => void;
  readonly events?: SessionEvents | undefined;
  /** Called for a session that had begun, after its cancellation is stored. */
  readonly onCancelled?: ((session: TrainingSession) => Promise<void>) | undefined;
}

/** Each is called after the change is stored. */
export interface SessionEvents {
  /** Jobs that a session has put into the queue; those that it joined are not among them. */
  readonly onQueued?: ((jobs: readonly TrainingJob[]) => void) | undefined;
}

interface Cancelled {
  /** Jobs that go on, because others have joined them. */
  readonly kept: readonly string[];
  /** The session, where it had begun and was not cancelled before. */
  readonly begun: TrainingSession | undefined;
}

const PRIORITY_OF: Readonly<Record<SessionKind, Priority>> = {
  manual: 'training-high',
  initial: 'training-normal',
  incremental: 'training-normal',
  full: 'training-normal',
  retry: 'training-high',
  auto: 'training-low',
  embedding: 'training-low',
  experiment: 'training-low',
};

const MOST_JOBS = 10_000;

/** Requests to train and their controls. Every call can be repeated, at any time. */
export class TrainingSessions {
  readonly #dependencies: SessionsDependencies;

  constructor(dependencies: SessionsDependencies) {
    this.#dependencies = dependencies;
  }

  /** Stores a session that waits to be started. */
  async create(request: SessionRequest): Promise<TrainingSession> {
    const session = this.#newSession(request);
    await this.#dependencies.stores.sessions.insert(session);
    return session;
  }

  /** Stores a session and queues its jobs at once. */
  async request(request: SessionRequest): Promise<RequestedJobs> {
    const { stores } = this.#dependencies;
    const session = this.#newSession(request);
    const jobs = await stores.transaction(async (tx) => {
      if (!(await this.#mayQueue(tx, request.isAutomatic === true))) return [];
      await tx.sessions.insert(session);
      await request.alongside?.(tx, session.uid);
      return this.#begin(tx, session, request);
    });
    this.#tellQueued(session.uid, jobs);
    return { sessionUid: session.uid, jobs };
  }

  /** Queues the jobs of a session that was created. A session that has begun keeps its jobs. */
  async start(uid: string): Promise<RequestedJobs> {
    const { stores } = this.#dependencies;
    const jobs = await stores.transaction(async (tx) => {
      await this.#mayQueue(tx, false);
      const session = await get(tx, uid);
      if (session.status !== 'pending') {
        if (['running', 'paused'].includes(session.status)) return listJobs(tx, session);
        throw refused(session, session.status, 'start');
      }
      const keys = this.#keysOf(session);
      return this.#begin(tx, session, { keys, kind: session.kind });
    });
    this.#tellQueued(uid, jobs);
    return { sessionUid: uid, jobs };
  }

  /** Running jobs of the session finish, its others wait. */
  async pause(uid: string): Promise<SessionView> {
    return this.#move(uid, 'pause');
  }

  async resume(uid: string): Promise<SessionView> {
    const view = await this.#move(uid, 'resume');
    this.#dependencies.wake();
    return view;
  }

  /** Cancels the session and its jobs, running ones too, except jobs that other sessions have joined. */
  async cancel(uid: string): Promise<SessionView> {
    const { stores, clock, abort, onCancelled } = this.#dependencies;
    const { kept, begun } = await stores.transaction<Cancelled>(async (tx) => {
      const session = await get(tx, uid);
      const status = await statusOf(tx, session);
      if (status === 'cancelled') return { kept: [], begun: undefined };
      if (findNextSessionStatus(status, 'cancel') === undefined) {
        throw refused(session, status, 'cancel');
      }
      const isNews = await tx.sessions.change(uid, session.status, { status: 'cancelled' });
      const others = await Promise.all(
        (['running', 'paused'] as const).map((other) => tx.sessions.listByStatus(other)),
      );
      const except = others.flat().flatMap(({ joinedJobs }) => joinedJobs ?? []);
      const message = 'its session was cancelled';
      const why = { code: 'cancelled', message, at: clock.wallMs() };
      await tx.jobs.cancelOpen({ sessionUid: uid, except }, why);
      return { kept: except, begun: isNews && status !== 'pending' ? session : undefined };
    });
    abort((job) => job.sessionUid === uid && !kept.includes(job.uid));
    if (begun !== undefined) await onCancelled?.(begun);
    return this.view(uid);
  }

  /** Stores the end of a session whose jobs have all ended; returns whether this call stored it. */
  async conclude(uid: string): Promise<boolean> {
    const { stores } = this.#dependencies;
    const session = await get(stores, uid);
    const status = await statusOf(stores, session);
    if (!isSessionOver(status) || status === session.status) return false;
    return stores.sessions.change(uid, session.status, { status });
  }

  /** Requests a new session for the keys whose jobs failed and that were not trained since. */
  async retryFailed(uid: string): Promise<RequestedJobs> {
    const { stores } = this.#dependencies;
    const session = await get(stores, uid);
    const ended = (await listJobs(stores, session)).filter(({ status }) => status === 'failed');
    if (ended.length === 0) {
      throw new RejectedError(`Session ${uid} has no failed jobs`);
    }
    const failed: TrainingJob[] = [];
    for (const job of ended) {
      const latest = await stores.jobs.latest(job);
      if (latest?.status !== 'completed' && (await hasShadowLeft(stores, job))) failed.push(job);
    }
    if (failed.length === 0) {
      throw new RejectedError(`What failed in session ${uid} has been trained or removed since`);
    }
    return this.request({
      keys: failed,
      kind: 'retry',
      name: `retry of ${session.name}`.slice(0, 255),
      priority: session.priority,
      batchSize: session.batchSize,
      config: { retryOf: uid },
      modeOf: (key) =>
        failed.find((job) => modelKeyText(job) === modelKeyText(key))?.mode ?? 'full',
      alongside: async (tx) => {
        for (const job of failed) await reopenShadow(tx, job);
      },
    });
  }

  async find(uid: string): Promise<SessionView | undefined> {
    const session = await this.#dependencies.stores.sessions.find(uid);
    return session === undefined ? undefined : this.#toView(session);
  }

  /** Own jobs and joined ones, in the order of their keys. */
  jobsOf(session: TrainingSession): Promise<readonly TrainingJob[]> {
    return listJobs(this.#dependencies.stores, session);
  }

  async view(uid: string): Promise<SessionView> {
    return this.#toView(await get(this.#dependencies.stores, uid));
  }

  /** Sessions with their progress, in their order; the venue's times are read once for all. */
  async toViews(sessions: readonly TrainingSession[]): Promise<readonly SessionView[]> {
    const { stores, options, lanes } = this.#dependencies;
    const all = await stores.jobs.tally(options);
    const views: SessionView[] = [];
    for (const session of sessions) {
      const progress = readProgress(await stores.jobs.tally(groupOf(session)), all, lanes);
      views.push({ session: { ...session, status: seenStatus(session, progress) }, progress });
    }
    return views;
  }

  async #toView(session: TrainingSession): Promise<SessionView> {
    const [view] = await this.toViews([session]);
    return assertDefined(view, 'view');
  }

  #tellQueued(sessionUid: string, jobs: readonly TrainingJob[]): void {
    const { events, wake } = this.#dependencies;
    const own = jobs.filter((job) => job.sessionUid === sessionUid);
    if (own.length > 0) events?.onQueued?.(own);
    wake();
  }

  async #move(uid: string, event: 'pause' | 'resume'): Promise<SessionView> {
    const { stores } = this.#dependencies;
    const session = await get(stores, uid);
    const status = await statusOf(stores, session);
    const to = SESSION_TRANSITIONS[event].to;
    if (status !== to) {
      if (findNextSessionStatus(status, event) === undefined) throw refused(session, status, event);
      await stores.sessions.change(uid, session.status, { status: to });
    }
    return this.view(uid);
  }

  /** @returns false for an automatic request while the queue is stopped; a person's request ends the stop */
  async #mayQueue(tx: Stores, isAutomatic: boolean): Promise<boolean> {
    const { venue } = this.#dependencies.options;
    const { isStopped } = await tx.control.find(venue, { isLocked: true });
    if (!isStopped) return true;
    if (isAutomatic) return false;
    await tx.control.set(venue, { isStopped: false });
    return true;
  }

  async #begin(
    tx: Stores,
    session: TrainingSession,
    { keys, kind, causeOf = () => 'requested', modeOf = () => modeOfKind(kind) }: SessionRequest,
  ): Promise<readonly TrainingJob[]> {
    const { uid: sessionUid, priority, batchSize } = session;
    const queuedAt = this.#dependencies.clock.wallMs();
    const instruments = [...new Set(keys.map(({ symbol }) => symbol))];
    const jobs: TrainingJob[] = [];
    for (const key of keys) {
      const batch = 1 + Math.floor(instruments.indexOf(key.symbol) / batchSize);
      const [cause, mode] = [causeOf(key), modeOf(key)];
      const own = { sessionUid, cause, mode, queuedAt, priority, batch };
      jobs.push((await tx.jobs.insert(newJob(key, own))).job);
      // SQLite answers within one turn of the event loop.
      if (jobs.length % JOBS_A_TURN === 0) await setImmediate();
    }
    const joinedJobs = jobs.filter((job) => job.sessionUid !== sessionUid).map(({ uid }) => uid);
    await tx.sessions.change(sessionUid, session.status, { status: 'running', joinedJobs });
    return jobs;
  }

  #newSession(request: SessionRequest): TrainingSession {
    const { clock, options } = this.#dependencies;
    const { kind, keys, name = nameOf(kind, keys.length) } = request;
    const createdAt = clock.wallMs();
    const instruments = keys.map(({ symbol, timeframe, bot }) => [symbol, timeframe, bot]);
    return {
      uid: newUid(createdAt),
      kind,
      name,
      createdAt,
      status: 'pending',
      config: { ...request.config, instruments },
      priority: request.priority ?? PRIORITY_OF[kind],
      batchSize: request.batchSize ?? options.batchSize,
      joinedJobs: undefined,
    };
  }

  #keysOf({ config }: TrainingSession): readonly ModelKey[] {
    const { venue } = this.#dependencies.options;
    // As `newSession` stored them.
    const instruments = (config['instruments'] ?? []) as readonly [string, string, string][];
    return instruments.map(
      ([symbol, timeframe, bot]) => ({ venue, symbol, timeframe, bot }) as ModelKey,
    );
  }
}

function nameOf(kind: SessionKind, count: number): string {
  if (kind === 'embedding') return `windows of ${count} series`;
  return `${kind} training of ${count} ${count === 1 ? 'model' : 'models'}`;
}

function modeOfKind(kind: SessionKind): TrainingMode {
  return kind === 'incremental' ? 'incremental' : 'full';
}

function groupOf({ uid, joinedJobs }: TrainingSession): {
  readonly sessionUid: string;
  readonly joined: readonly string[];
} {
  return { sessionUid: uid, joined: joinedJobs ?? [] };
}

async function get(stores: Stores, uid: string): Promise<TrainingSession> {
  const session = await stores.sessions.find(uid);
  if (session === undefined) throw new RejectedError(`There is no session ${uid}`);
  return session;
}

async function statusOf(stores: Stores, session: TrainingSession): Promise<SessionStatus> {
  return seenStatus(session, readProgress(await stores.jobs.tally(groupOf(session)), [], 1));
}

/** A session has ended when all its jobs have. */
function seenStatus(
  { status }: TrainingSession,
  { total, summary }: SessionProgress,
): SessionStatus {
  const isBegun = status === 'running' || status === 'paused';
  if (!isBegun || total === 0 || summary.pending + summary.running > 0) return status;
  if (summary.failed > 0) return 'failed';
  return summary.cancelled === total ? 'cancelled' : 'completed';
}

/** Own jobs and joined ones, in the order of their keys. */
async function listJobs(stores: Stores, session: TrainingSession): Promise<readonly TrainingJob[]> {
  const page = { limit: MOST_JOBS, offset: 0 };
  return (await stores.jobs.listOfSession(session, page)).rows.toReversed();
}

function refused({ uid }: TrainingSession, status: SessionStatus, event: string): RejectedError {
  return new RejectedError(`Session ${uid} is ${status}: it cannot ${event}`);
}

function newJob(
  key: JobKey,
  job: Pick<TrainingJob, 'sessionUid' | 'cause' | 'mode' | 'queuedAt' | 'priority' | 'batch'>,
): TrainingJob {
  const { venue, symbol, timeframe, bot, trialUid } = key;
  return {
    trialUid,
    venue,
    symbol,
    timeframe,
    bot,
    uid: newUid(job.queuedAt),
    ...job,
    status: 'pending',
    attempt: 1,
    ownerRunUid: undefined,
    stage: undefined,
    progressPct: 0,
    startedAt: undefined,
    finishedAt: undefined,
    errorCode: undefined,
    errorMessage: undefined,
    modelUid: undefined,
  };
}
