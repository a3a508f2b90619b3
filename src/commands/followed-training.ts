import { z } from 'zod';
import { status as statusAnswer } from '../api/contract/status.js';
import {
  job as jobAnswer,
  session as sessionAnswer,
  trainingStatus,
} from '../api/contract/training.js';
import { GLOBAL_SYMBOL } from '../domain/bots.js';
import { isSessionOver, type JobStatus } from '../domain/training-job.js';
import { ConfigError, RejectedError } from '../lib/errors.js';
import { endLine } from '../training/queue/session-finalizer.js';
import type { DaemonClient } from './daemon-client.js';
import type { Followed, Reading } from './follow.js';
import { FollowedSession } from './followed-session.js';
import type { TrainEnd, TrainOptions, TrainProgress } from './train-options.js';

const JOBS_A_PAGE = 500;
/** So many instruments make a sample. */
const SAMPLE_INSTRUMENTS = 50;

const sessionShape = sessionAnswer.pick({
  sessionId: true,
  status: true,
  progress: true,
  jobsSummary: true,
  createdAt: true,
});
type SeenSession = z.output<typeof sessionShape>;
type SeenJob = z.output<typeof jobAnswer>;
const jobsShape = z.object({ total: z.number(), jobs: z.array(jobAnswer) });
const queueShape = trainingStatus.pick({ state: true, paused_by: true, current_training: true });
type SeenQueue = z.output<typeof queueShape>;
const daemonShape = statusAnswer.pick({
  state: true,
  symbols: true,
  timeframes: true,
  trainer: true,
  left_out: true,
});
type SeenDaemon = z.output<typeof daemonShape>;

/** Asks a daemon for a session once it trains, and follows that. */
export class FollowedTraining implements Followed<TrainProgress, TrainEnd> {
  readonly #daemon: DaemonClient;
  readonly #options: TrainOptions & { readonly isOwnDaemon: boolean };
  #session: FollowedSession | undefined;
  #failed = 0;

  constructor(daemon: DaemonClient, options: TrainOptions & { readonly isOwnDaemon: boolean }) {
    this.#daemon = daemon;
    this.#options = options;
  }

  async read(): Promise<Reading<TrainProgress, TrainEnd>> {
    const { isOwnDaemon } = this.#options;
    const about = await this.#daemon.get('/api/status', daemonShape);
    if (isOwnDaemon && !about.trainer.ready) throw new ConfigError(about.trainer.message);
    if (isOwnDaemon && about.state !== 'running') return {};
    const session = (this.#session ??= await this.#request(about));
    await session.syncPauseFile();
    const seen = await this.#daemon.get(session.path, sessionShape);
    const queue = await this.#daemon.get('/api/training/status', queueShape);
    this.#failed = seen.jobsSummary.failed;
    const progress = this.#toProgress(session, seen, queue);
    if (!isSessionOver(seen.status)) return { progress };
    const jobs = await this.#listJobs(session);
    const end: TrainEnd = {
      status: 'done',
      sessionUid: session.uid,
      failed: this.#failed,
      line: toLine(seen, jobs, isOwnDaemon),
      left: isOwnDaemon ? this.#listLeft(about, jobs) : [],
    };
    return { progress, end };
  }

  async leave(): Promise<TrainEnd> {
    const line =
      (await this.#session?.leave(this.#daemon)) ?? 'Stopped before anything was trained';
    return {
      status: 'stopped',
      sessionUid: this.#session?.uid,
      failed: this.#failed,
      line,
      left: [],
    };
  }

  /** A session of this command, which waits to be started. */
  async #request(about: SeenDaemon): Promise<FollowedSession> {
    const { mode, asked, isOwnDaemon } = this.#options;
    const { timeframes, bots, batchSize } = asked;
    // A daemon of this process has the names of the command as its settings.
    const symbols = mode === 'sample' ? this.#sampleOf(about) : asked.symbols;
    try {
      const { sessionId } = await this.#daemon.post('/api/training/sessions', sessionShape, {
        name: `npm run train -- --mode ${mode}`,
        symbols: isOwnDaemon && mode !== 'sample' ? undefined : symbols,
        timeframes: isOwnDaemon ? undefined : timeframes,
        bots: isOwnDaemon ? undefined : bots,
        config: { batchSize, mode: mode === 'sample' ? undefined : mode },
      });
      return new FollowedSession(sessionId, this.#daemon, this.#options);
    } catch (error) {
      if (!isOwnDaemon || !(error instanceof RejectedError)) throw error;
      const reasons = [...about.left_out, error.message].join(', ');
      throw new ConfigError(`Nothing can be trained: ${reasons}; npm run collect first`);
    }
  }

  #sampleOf({ symbols }: SeenDaemon): readonly string[] {
    const { asked, isOwnDaemon } = this.#options;
    const all = symbols.map((one) => one.unified_symbol);
    const names = isOwnDaemon ? all : (asked.symbols ?? all);
    return names.slice(0, SAMPLE_INSTRUMENTS);
  }

  /** What the settings name, but for what the session has jobs of. */
  #listLeft(about: SeenDaemon, jobs: readonly SeenJob[]): readonly string[] {
    const symbols =
      this.#options.mode === 'sample'
        ? this.#sampleOf(about)
        : about.symbols.map((one) => one.unified_symbol);
    const left = symbols.flatMap((symbol) =>
      about.timeframes
        .filter((timeframe) => !jobs.some((job) => isAbout(job, symbol, timeframe)))
        .map((timeframe) => `${symbol} ${timeframe}: no candles are stored; npm run collect first`),
    );
    return [...about.left_out, ...left];
  }

  async #listJobs({ path }: FollowedSession): Promise<readonly SeenJob[]> {
    const all: SeenJob[] = [];
    for (;;) {
      const page = `?limit=${JOBS_A_PAGE}&offset=${all.length}`;
      const { total, jobs } = await this.#daemon.get(`${path}/jobs${page}`, jobsShape);
      all.push(...jobs);
      if (jobs.length === 0 || all.length >= total) return all;
    }
  }

  #toProgress(session: FollowedSession, seen: SeenSession, queue: SeenQueue): TrainProgress {
    const { progress, jobsSummary } = seen;
    const { current_training: job } = queue;
    return {
      by: this.#options.isOwnDaemon ? 'this process' : 'the daemon',
      state: session.isPausedHere || seen.status === 'paused' ? 'paused' : queue.state,
      pausedBy: session.pausedBy(queue.paused_by),
      percentage: progress.percentage,
      current: progress.current,
      total: progress.total,
      failed: jobsSummary.failed,
      etaSec: progress.etaSeconds ?? undefined,
      job: job === null ? undefined : toShownJob(job),
    };
  }
}

function isAbout(job: SeenJob, symbol: string, timeframe: string): boolean {
  if (job.timeframe !== timeframe) return false;
  return job.unifiedSymbol === symbol || job.unifiedSymbol === GLOBAL_SYMBOL;
}

function toShownJob(job: NonNullable<SeenQueue['current_training']>): TrainProgress['job'] {
  return {
    name: `${job.unified_symbol} ${job.timeframe} ${job.bot}`,
    stage: job.stage ?? 'starting',
    percent: job.progress,
  };
}

/** A daemon that also serves makes the predictions of each model that it promotes. */
function toLine(
  { createdAt }: SeenSession,
  jobs: readonly SeenJob[],
  isOwnDaemon: boolean,
): string {
  const ended = jobs.map((job) => ({
    symbol: job.symbol,
    batch: job.batch,
    status: job.status as JobStatus,
    finishedAt: job.finishedAt === null ? undefined : Date.parse(job.finishedAt),
  }));
  const cache = isOwnDaemon ? 'cache not updated' : 'cache updated';
  return `${endLine(ended, Date.parse(createdAt))}, ${cache}`;
}
