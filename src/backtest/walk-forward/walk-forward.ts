import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { RetrainInterval } from '../../domain/backtest-run.js';
import { taskOf } from '../../domain/bots.js';
import { barIndex, type Timeframe } from '../../domain/timeframe.js';
import { catalogueHash } from '../../features/feature-hash.js';
import { ConfigError } from '../../lib/errors.js';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/logger.js';
import { ServingModels } from '../../models/serving-models.js';
import type { AgeLimits } from '../../models/trust.js';
import { trainingWindowAt } from '../../training/dataset/training-window.js';
import type { TrainingOptions } from '../../training/options/training-options.js';
import { spanOf } from '../engine/run-engine.js';
import type { BarSpan, MarketHistory } from '../history/market-history.js';
import { ClosedCandles } from './closed-candles.js';
import { dataDigests } from './data-digests.js';
import { KeptPeriods, type KeptPeriod, type PeriodKey } from './kept-period.js';
import { PeriodPredictor, toStored } from './predict-period.js';
import { retrainingPeriods, type RetrainingPeriod } from './retraining-periods.js';
import { WalkTraining, type KnownTraining, type WalkTrainer } from './walk-training.js';

export interface WalkForwardOptions {
  readonly retraining: RetrainInterval;
  /** Where predictions and trainings are kept: `DATA_DIR/backtests/predictions`. */
  readonly folder: string;
  /** Of one timeframe and one bot; its venue names the database's rows alone. */
  readonly training: TrainingOptions;
  readonly ageLimits: AgeLimits;
  readonly maxFileBytes: number;
  readonly spreadPct: number;
  readonly trainer: WalkTrainer;
  /** What a fit may use; one that failed for it is tried again with more. */
  readonly limits: { readonly memoryLimitMb: number; readonly jobTimeoutMs: number };
  /** Version of the program: another one may train other models. */
  readonly version: string;
  readonly clock: Clock;
  readonly onProgress?: ((progress: WalkProgress) => void) | undefined;
}

/** How far a walk is; told often. */
export interface WalkProgress {
  readonly dates: number;
  /** Dates that are done, kept ones included. */
  readonly done: number;
  readonly kept: number;
  /** Of the date under way, 0 to 1. */
  readonly share: number;
  /** The date that has just been done. */
  readonly ended: KeptPeriod | undefined;
}

export interface WalkRequest {
  readonly history: MarketHistory;
  readonly span: BarSpan;
  readonly options: WalkForwardOptions;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

export type WalkResult =
  | {
      readonly status: 'done';
      readonly periods: readonly RetrainingPeriod[];
      readonly found: readonly KeptPeriod[];
      /** Dates whose models an earlier run had trained. */
      readonly kept: number;
    }
  | { readonly status: 'stopped'; readonly done: number; readonly dates: number };

/** A period, with what its predictions are kept by. */
interface PlannedPeriod {
  readonly period: RetrainingPeriod;
  readonly key: PeriodKey;
}

/**
 * Trains models at each retraining date on what had closed by then, and has them answer the bars until the next date.
 * What is kept of an earlier run of the same recipe on the same candles is not made again.
 *
 * @throws ConfigError where nothing can be trained, naming what is missing
 */
export async function walkForward(request: WalkRequest): Promise<WalkResult> {
  const walk = new Walk(request);
  return walk.toEnd();
}

class Walk {
  readonly #request: WalkRequest;
  readonly #startIndex: number;
  readonly #planned: readonly PlannedPeriod[];
  readonly #folder: string;
  readonly #keptPeriods: KeptPeriods;
  #kept = 0;
  #done = 0;

  constructor(request: WalkRequest) {
    this.#request = request;
    const { history, span, options } = request;
    const { timeframe, symbols } = history;
    const endIndex = spanOf(symbols).lastIndex + 1;
    const periods = retrainingPeriods(span, options.retraining, { timeframe, endIndex });
    this.#startIndex = firstIndexOf(periods, timeframe, options.training);
    this.#planned = withKeys(request, periods, this.#startIndex);
    this.#folder = path.join(options.folder, recipeHash(request));
    this.#keptPeriods = new KeptPeriods(this.#folder);
  }

  async toEnd(): Promise<WalkResult> {
    const found = this.#planned.map(({ key }) => this.#keptPeriods.find(key));
    const missing = found.findIndex((period) => period === undefined);
    this.#kept = missing < 0 ? found.length : missing;
    this.#done = this.#kept;
    this.#tell(0);
    const made = missing < 0 ? [] : await this.#make(missing);
    const dates = this.#planned.length;
    if (this.#done < dates) return { status: 'stopped', done: this.#done, dates };
    const complete = [...found.slice(0, this.#kept), ...made].filter((one) => one !== undefined);
    const periods = this.#planned.map(({ period }) => period);
    return { status: 'done', periods, found: complete, kept: this.#kept };
  }

  /** Makes the periods from that one on, and those before it where the trainings of an earlier run are of no use. */
  async #make(first: number): Promise<readonly KeptPeriod[]> {
    this.#assertEnoughCandles();
    let training = await this.#open();
    try {
      let known = await training.listKnown();
      if (!this.#isContinued(known, first)) {
        await training.stop();
        await rm(this.#trainingFolder, { recursive: true, force: true });
        training = await this.#open();
        known = [];
      }
      return await this.#goOn(training, known, first);
    } finally {
      await training.stop();
    }
  }

  async #goOn(
    training: WalkTraining,
    known: readonly KnownTraining[],
    first: number,
  ): Promise<readonly KeptPeriod[]> {
    const last = known.at(-1);
    const from = last === undefined ? 0 : this.#planned.findIndex(({ key }) => key.at === last.at);
    const steps = new Steps(this.#request, training, this.#startIndex);
    await training.start(this.#planned[from]?.key.at ?? 0);
    const made: KeptPeriod[] = [];
    for (let at = from; at < this.#planned.length; at++) {
      const planned = this.#planned[at];
      if (planned === undefined) break;
      const begun = at === from ? last?.sessionUid : undefined;
      const period = await steps.make(planned, begun, (share) =>
        this.#tell(at < first ? 0 : share),
      );
      if (period === undefined) break;
      if (at < first) continue;
      this.#keptPeriods.keep(planned.key, period);
      made.push(period);
      this.#done = at + 1;
      this.#tell(0, period);
    }
    return made;
  }

  /** Whether the trainings of an earlier run lead to the first missing period and are of the same candles. */
  #isContinued(known: readonly KnownTraining[], first: number): boolean {
    const isSame = known.every(({ at, dataHash }) =>
      this.#planned.some(({ key }) => key.at === at && key.dataHash === dataHash),
    );
    const last = known.at(-1)?.at ?? -Infinity;
    return isSame && last <= (this.#planned[first]?.key.at ?? -Infinity);
  }

  get #trainingFolder(): string {
    return path.join(this.#folder, 'training');
  }

  #open(): Promise<WalkTraining> {
    const { options, logger, signal } = this.#request;
    const { training, trainer, clock } = options;
    return WalkTraining.open({
      folder: this.#trainingFolder,
      training,
      trainer,
      clock,
      logger,
      signal,
    });
  }

  /** Too few for any model at the last date: said before anything is trained. */
  #assertEnoughCandles(): void {
    const { history, options } = this.#request;
    const last = this.#planned.at(-1)?.period;
    if (last === undefined) return;
    const needed = options.training.minInitialTrainSamples;
    const counts = history.symbols.map(({ columns }) =>
      Math.max(0, Math.min(last.fromIndex - columns.firstIndex, columns.length)),
    );
    const most = Math.max(0, ...counts);
    if (most >= needed) return;
    const when = new Date(last.at).toISOString().slice(0, 16).replace('T', ' ');
    throw new ConfigError(
      `--signals model: at the last retraining date (${when} UTC) no symbol has more than ${most} candles before it, ` +
        `and ${needed} are needed (MIN_INITIAL_TRAIN_SAMPLES): give a later --from, or candles that begin earlier`,
    );
  }

  #tell(share: number, ended?: KeptPeriod): void {
    const dates = this.#planned.length;
    const progress = { dates, done: this.#done, kept: this.#kept, share, ended };
    this.#request.options.onProgress?.(progress);
  }
}

/** Makes one period after the other: candles, models, predictions. */
class Steps {
  readonly #request: WalkRequest;
  readonly #training: WalkTraining;
  readonly #candles: ClosedCandles;
  readonly #startIndex: number;

  constructor(request: WalkRequest, training: WalkTraining, startIndex: number) {
    this.#request = request;
    this.#training = training;
    this.#startIndex = startIndex;
    const { history, options } = request;
    const { stores } = training;
    this.#candles = new ClosedCandles({
      stores,
      symbols: history.symbols,
      venue: options.training.venue,
      timeframe: history.timeframe,
      startIndex: this.#startIndex,
      spreadPct: options.spreadPct,
    });
  }

  /** @returns undefined where the run was stopped */
  async make(
    { period, key }: PlannedPeriod,
    begun: string | undefined,
    onProgress: (share: number) => void,
  ): Promise<KeptPeriod | undefined> {
    if (this.#request.signal.aborted) return undefined;
    await this.#candles.storeUpTo(period.fromIndex);
    const training =
      begun === undefined
        ? await this.#training.trainAt(key, onProgress)
        : await this.#training.finish(begun, onProgress);
    if (training === undefined) return undefined;
    const symbols = await this.#newPredictor().predict(period);
    const kept = { at: key.at, training, symbols };
    if (this.#training.options.promotionGate.endsWith('+champion')) await this.#store(kept);
    return kept;
  }

  /** What serves has changed since the last one. */
  #newPredictor(): PeriodPredictor {
    const { history, options, logger } = this.#request;
    const { stores, options: training } = this.#training;
    const { ageLimits, maxFileBytes, clock } = options;
    const servingModels = new ServingModels({
      models: stores.models,
      cooldowns: stores.cooldowns,
      modelsDir: training.modelsDir,
      ageLimits,
      maxFileBytes,
      clock,
      logger,
    });
    const bot = training.bots[0] ?? '';
    return new PeriodPredictor({
      history,
      venue: training.venue,
      bot,
      servingModels,
      ageLimits,
    });
  }

  /** A challenger is compared with what the champion said since it was trained. */
  async #store({ symbols }: KeptPeriod): Promise<void> {
    const { stores, options } = this.#training;
    const { venue, timeframes, bots } = options;
    for (const one of symbols) {
      const { symbol } = one;
      const key = { venue, symbol, timeframe: timeframes[0] ?? '1h', bot: bots[0] ?? '' };
      await stores.transaction(async (tx) => {
        for (const prediction of toStored(key, one)) await tx.predictions.insert(prediction);
      });
    }
  }
}

function firstIndexOf(
  [first]: readonly RetrainingPeriod[],
  timeframe: Timeframe,
  training: TrainingOptions,
): number {
  const { loadFromOpenTime } = trainingWindowAt(first?.at ?? 0, timeframe, training);
  return barIndex(loadFromOpenTime, timeframe);
}

function withKeys(
  { history }: WalkRequest,
  periods: readonly RetrainingPeriod[],
  startIndex: number,
): readonly PlannedPeriod[] {
  const ends = [...periods.map(({ fromIndex }) => fromIndex), periods.at(-1)?.toIndex ?? 0];
  const digests = dataDigests(history.symbols, startIndex, ends);
  return periods.map((period, at) => ({
    period,
    key: { at: period.at, dataHash: digests[at] ?? '', endHash: digests[at + 1] ?? '' },
  }));
}

/** Options that change no model of a run: names, folders, and what the daemon alone does. */
const NOT_OF_RECIPE: ReadonlySet<string> = new Set([
  'venue',
  'modelsDir',
  'workDir',
  'modelVersionsKept',
  'schedules',
  'increment',
  'drift',
  'pauseFile',
  'feeRate',
] satisfies (keyof TrainingOptions)[]);

const RECIPE_CHARACTERS = 16;

/** Of everything but the candles that decides what the models of a date say. */
function recipeHash({ history, span, options }: WalkRequest): string {
  const { training, ageLimits, limits, version, retraining, spreadPct } = options;
  const isCostly = training.bots.some((bot) => taskOf(bot) === 'regressor');
  const recipe = {
    training: Object.entries(training)
      .filter(([name]) => !NOT_OF_RECIPE.has(name))
      .sort(([one], [other]) => (one < other ? -1 : 1)),
    costs: isCostly ? [training.feeRate, spreadPct] : undefined,
    limits: [ageLimits.modelMaxAgeHours, limits.memoryLimitMb, limits.jobTimeoutMs],
    // Models of a date depend on those before it.
    begins: span.firstIndex,
    timeframe: history.timeframe,
    catalogue: catalogueHash(),
    version,
    retraining,
  };
  return createHash('sha256')
    .update(JSON.stringify(recipe))
    .digest('hex')
    .slice(0, RECIPE_CHARACTERS);
}
