import { rm } from 'node:fs/promises';
import path from 'node:path';
import { barIndex, type Timeframe } from '../../domain/timeframe.js';
import { ConfigError } from '../../lib/errors.js';
import { trainingWindowAt } from '../../training/dataset/training-window.js';
import type { TrainingOptions } from '../../training/options/training-options.js';
import { barsOf, spanOf } from '../engine/run-engine.js';
import { dataDigests } from './data-digests.js';
import { findTooFewCandles } from './find-too-few-candles.js';
import { KeptPeriods, type KeptPeriod } from './kept-period.js';
import { PeriodMaker, type PlannedPeriod } from './period-maker.js';
import { recipeHash } from './recipe.js';
import { retrainingPeriods, type RetrainingPeriod } from './retraining-periods.js';
import type { WalkRequest } from './walk-options.js';
import { WalkTraining, type KnownTraining } from './walk-training.js';

export type WalkResult =
  | {
      readonly status: 'done';
      readonly periods: readonly RetrainingPeriod[];
      readonly found: readonly KeptPeriod[];
      /** Dates whose models an earlier run had trained. */
      readonly kept: number;
    }
  | { readonly status: 'stopped'; readonly done: number; readonly dates: number };

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
    const recipe = { ...options, timeframe, firstIndex: span.firstIndex };
    this.#folder = path.join(options.folder, recipeHash(recipe));
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
    const maker = new PeriodMaker(this.#request, training, this.#startIndex);
    await training.start(this.#planned[from]?.key.at ?? 0);
    const made: KeptPeriod[] = [];
    for (let at = from; at < this.#planned.length; at++) {
      const planned = this.#planned[at];
      if (planned === undefined) break;
      const begun = at === from ? last?.sessionUid : undefined;
      const period = await maker.make(planned, begun, (share) =>
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
    const periods = this.#planned.map(({ period }) => period);
    const needed = options.training.minInitialTrainSamples;
    const reason = findTooFewCandles(history.symbols.map(barsOf), periods, needed);
    if (reason !== undefined) throw new ConfigError(`--signals model: ${reason}`);
  }

  #tell(share: number, ended?: KeptPeriod): void {
    const dates = this.#planned.length;
    const progress = { dates, done: this.#done, kept: this.#kept, share, ended };
    this.#request.options.onProgress?.(progress);
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
