import type { Experiment, Trial, Variant } from '../../domain/experiment.js';
import type { ModelKey } from '../../domain/model-key.js';
import type { Timeframe } from '../../domain/timeframe.js';
import type { Clock } from '../../lib/clock.js';
import { RejectedError } from '../../lib/errors.js';
import { newUid } from '../../lib/uid.js';
import type { JobKey } from '../../storage/stores/job-store.js';
import type { Stores } from '../../storage/stores.js';
import { toTrialOptions } from '../options/trial-options.js';
import type { TrainingOptions } from '../options/training-options.js';
import type { TrainingSessions } from '../queue/training-sessions.js';
import { reportOn, type ExperimentReport } from './experiment-report.js';

/** Variants of an experiment, the control among them. */
export const MIN_VARIANTS = 2;
export const MAX_VARIANTS = 8;
export const MAX_SEEDS = 5;
/** Jobs of an experiment: variants × series × seeds. */
export const MAX_EXPERIMENT_JOBS = 1000;

export interface ExperimentRequest {
  readonly name: string;
  readonly bot: string;
  /** What is trained; each with candles. */
  readonly series: readonly (Pick<ModelKey, 'symbol'> & { readonly timeframe: Timeframe })[];
  readonly variants: readonly (Variant & { readonly options: TrainingOptions })[];
  /** How many fits with seeds of their own each variant and series gets. */
  readonly seeds: number;
}

export type ExperimentStatus =
  'pending' | 'running' | 'paused' | 'completed' | 'failed' | 'cancelled';

/** Jobs of an experiment by their status. */
export interface ExperimentJobs {
  readonly total: number;
  readonly open: number;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
}

export interface ExperimentView {
  readonly experiment: Experiment;
  readonly status: ExperimentStatus;
  readonly jobs: ExperimentJobs;
}

export interface ExperimentsDependencies {
  readonly stores: Stores;
  readonly clock: Clock;
  readonly options: Pick<TrainingOptions, 'venue' | 'trainSeed'>;
  readonly sessions: Pick<TrainingSessions, 'request' | 'cancel'>;
}

/**
 * Variants of training that are compared on the same candles. Their jobs are jobs of the queue like others, of the
 * lowest priority, with the options of their variant stored beside them; no model of theirs is kept or serves.
 */
export class Experiments {
  readonly #dependencies: ExperimentsDependencies;
  /** The report that was made last, and of how many scores. */
  #last:
    { readonly uid: string; readonly count: number; readonly report: ExperimentReport } | undefined;

  constructor(dependencies: ExperimentsDependencies) {
    this.#dependencies = dependencies;
  }

  /** Stores an experiment and queues its jobs. @throws RejectedError for one that is too large */
  async create(request: ExperimentRequest): Promise<Experiment> {
    const { clock, options, sessions } = this.#dependencies;
    const { name, bot, series, variants, seeds } = request;
    const jobs = variants.length * series.length * seeds;
    if (jobs > MAX_EXPERIMENT_JOBS) {
      throw new RejectedError(
        `${variants.length} variants × ${series.length} series × ${seeds} seeds are ${jobs} jobs; ` +
          `at most ${MAX_EXPERIMENT_JOBS}: leave some out`,
      );
    }
    const createdAt = clock.wallMs();
    const bare = {
      uid: newUid(createdAt),
      venue: options.venue,
      name,
      bot,
      symbols: [...new Set(series.map(({ symbol }) => symbol))],
      timeframes: [...new Set(series.map(({ timeframe }) => timeframe))],
      variants: variants.map((variant) => ({ name: variant.name, settings: variant.settings })),
      seeds: Array.from({ length: seeds }, (_, at) => options.trainSeed + at),
      cutAt: clock.marketMs(),
      createdAt,
    };
    const trials = toTrials(bare, variants);
    let experiment: Experiment | undefined;
    await sessions.request({
      kind: 'experiment',
      name: `experiment ${name}`.slice(0, 255),
      config: { experimentId: bare.uid },
      keys: toKeys(bare, { series, trials }),
      causeOf: () => 'experiment',
      alongside: async (tx, sessionUid) => {
        experiment = { ...bare, sessionUid };
        await tx.experiments.insert(experiment);
        for (const trial of trials) await tx.experiments.insertTrial(trial);
      },
    });
    if (experiment === undefined) throw new RejectedError('The queue takes no jobs now');
    return experiment;
  }

  async find(uid: string): Promise<ExperimentView | undefined> {
    const experiment = await this.#dependencies.stores.experiments.find(uid);
    return experiment === undefined ? undefined : this.view(experiment);
  }

  async view(experiment: Experiment): Promise<ExperimentView> {
    const { stores } = this.#dependencies;
    const { uid, sessionUid } = experiment;
    const tally = await stores.experiments.tallyJobs(uid);
    const scored = await stores.experiments.countScores(uid);
    const jobs = countJobs(experiment, tally, scored);
    const session = await stores.sessions.find(sessionUid);
    const status = statusOf(jobs, {
      isPaused: session?.status === 'paused',
      isRunning: (tally.get('running') ?? 0) > 0 || scored > 0,
    });
    return { experiment, status, jobs };
  }

  /** What has come of it so far. */
  async report(experiment: Experiment): Promise<ExperimentReport> {
    const { experiments } = this.#dependencies.stores;
    const { uid } = experiment;
    // Whoever follows an experiment asks every second.
    const count = await experiments.countScores(uid);
    if (this.#last?.uid === uid && this.#last.count === count) return this.#last.report;
    const trials = await experiments.listTrials(uid);
    const scores = await experiments.listScores(uid);
    const report = await reportOn({ experiment, trials, scores });
    this.#last = { uid, count: scores.length, report };
    return report;
  }

  /** Ends its jobs, also those under way; what has been scored stays. @throws RejectedError where it has ended */
  async cancel({ sessionUid }: Experiment): Promise<void> {
    await this.#dependencies.sessions.cancel(sessionUid);
  }
}

function toTrials(
  { uid, seeds, cutAt, createdAt }: Omit<Experiment, 'sessionUid'>,
  variants: ExperimentRequest['variants'],
): readonly Trial[] {
  return seeds.flatMap((seed) =>
    variants.map(({ name, options }) => ({
      uid: newUid(createdAt),
      experimentUid: uid,
      purpose: 'experiment' as const,
      variant: name,
      seed,
      cutAt,
      options: toTrialOptions(options, seed),
    })),
  );
}

/** All variants of a series and seed next to each other: what is interrupted has pairs. */
function toKeys(
  { venue, bot }: Pick<Experiment, 'venue' | 'bot'>,
  { series, trials }: Pick<ExperimentRequest, 'series'> & { readonly trials: readonly Trial[] },
): readonly JobKey[] {
  return series.flatMap(({ symbol, timeframe }) =>
    trials.map(({ uid: trialUid }) => ({ venue, symbol, timeframe, bot, trialUid })),
  );
}

/** By the scores: jobs that failed may have been tried again, and retention deletes the rows of old ones. */
function countJobs(
  { variants, symbols, timeframes, seeds }: Experiment,
  tally: ReadonlyMap<string, number>,
  completed: number,
): ExperimentJobs {
  const of = (status: string): number => tally.get(status) ?? 0;
  const total = variants.length * symbols.length * timeframes.length * seeds.length;
  // Counted before the scores: a job may have ended in between.
  const open = Math.min(of('pending') + of('running'), total - completed);
  const failed = Math.min(of('failed'), total - completed - open);
  return { total, open, completed, failed, cancelled: total - completed - open - failed };
}

function statusOf(
  jobs: ExperimentJobs,
  seen: { readonly isPaused: boolean; readonly isRunning: boolean },
): ExperimentStatus {
  if (jobs.open > 0) {
    if (seen.isPaused) return 'paused';
    return seen.isRunning ? 'running' : 'pending';
  }
  if (jobs.failed > 0) return 'failed';
  return jobs.cancelled > 0 ? 'cancelled' : 'completed';
}
