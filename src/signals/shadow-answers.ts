import type { ModelKey } from '../domain/model-key.js';
import { modelKeyText } from '../domain/model-key.js';
import type { ModelRecord } from '../domain/model-record.js';
import type { ShadowAnswer, ShadowModel, ShadowStatus } from '../domain/shadow-model.js';
import type { Clock } from '../lib/clock.js';
import { messageOf } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import type { ModelArtifacts } from '../models/model-artifacts.js';
import type { Predictor } from '../models/predictor.js';
import { openServingModel, type ServingModel } from '../models/serving-model.js';
import { findFeatureChange } from '../models/trust.js';
import { findModelReference } from './choose-signal.js';
import type { RecentBars } from './recent-bars.js';

export interface ShadowAnswersOptions {
  readonly shadows: {
    listAnswering(key: ModelKey): Promise<readonly ShadowModel[]>;
    insertAnswer(answer: ShadowAnswer): Promise<unknown>;
    change(
      uid: string,
      from: readonly ShadowStatus[],
      to: { readonly reason: string | undefined },
    ): Promise<boolean>;
  };
  readonly bars: Pick<RecentBars, 'columnsUpTo'>;
  readonly predictor: Pick<Predictor, 'predict'>;
  /** Brings a model's files here where they are not. Default: nowhere else are any. */
  readonly artifacts?: Pick<ModelArtifacts, 'fetch'> | undefined;
  readonly modelsDir: string;
  readonly maxFileBytes: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Wall time that decisions on candles which closed together have for themselves. */
const HEAD_START_MS = 1_000;
/** Candles that wait for their answers; a backlog is cut at its newest end, because nothing depends on it. */
const MOST_WAITING = 10_000;

/**
 * What shadow models say of each candle that has a signal. They are asked after the signal is stored, one after
 * another, and nothing waits for them: they decide nothing. A candle that is missed, as by a restart, is not compared.
 */
export class ShadowAnswers {
  readonly #options: ShadowAnswersOptions;
  readonly #opened = new Map<string, ServingModel>();
  readonly #stopping = new AbortController();
  readonly #waiting: { readonly key: ModelKey; readonly candleOpenTime: number }[] = [];
  #working: Promise<void> | undefined;

  constructor(options: ShadowAnswersOptions) {
    this.#options = options;
  }

  /** A candle of a key has a signal. Returns at once. */
  onSignal({
    venue,
    symbol,
    timeframe,
    bot,
    candleOpenTime,
  }: ModelKey & { candleOpenTime: number }): void {
    if (this.#stopping.signal.aborted || this.#waiting.length >= MOST_WAITING) return;
    this.#waiting.push({ key: { venue, symbol, timeframe, bot }, candleOpenTime });
    this.#working ??= this.#work().finally(() => (this.#working = undefined));
  }

  /** Resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#working;
  }

  async #work(): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#stopping;
    await clock.sleep(HEAD_START_MS, signal).catch(() => undefined);
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      if (signal.aborted) return;
      try {
        await this.#answer(next.key, next.candleOpenTime);
      } catch (error) {
        const key = modelKeyText(next.key);
        logger.warn('What shadow models say could not be stored', { key, error });
      }
    }
  }

  async #answer(key: ModelKey, candleOpenTime: number): Promise<void> {
    const { shadows, clock, logger } = this.#options;
    for (const shadow of await shadows.listAnswering(key)) {
      const said = await this.#ask(shadow, candleOpenTime);
      const reason = 'reason' in said ? said.reason : undefined;
      if (!('reason' in said)) {
        await shadows.insertAnswer({
          shadowUid: shadow.uid,
          candleOpenTime,
          answeredAt: clock.marketMs(),
          ...said,
        });
      }
      if (reason === shadow.reason) continue;
      await shadows.change(shadow.uid, ['answering'], { reason });
      const fields = { key: modelKeyText(key), shadow: shadow.uid, variant: shadow.variant };
      if (reason !== undefined) logger.warn(`A shadow model says nothing: ${reason}`, fields);
    }
  }

  async #ask(
    shadow: ShadowModel,
    candleOpenTime: number,
  ): Promise<
    | Pick<ShadowAnswer, 'probabilities' | 'expectedReturn' | 'latencyUs'>
    | { readonly reason: string }
  > {
    const { bars, predictor } = this.#options;
    try {
      const model = this.#opened.get(shadow.uid) ?? (await this.#open(shadow));
      const series = await bars.columnsUpTo(shadow, candleOpenTime);
      if (series === undefined) return { reason: 'no candles are stored' };
      const { venue, timeframe } = shadow;
      const reference = await findModelReference(model, {
        series,
        findReference: (symbol) => bars.columnsUpTo({ venue, timeframe, symbol }, candleOpenTime),
      });
      const said = await predictor.predict({ model, series, reference, candleOpenTime });
      if (said.status === 'unavailable') return { reason: `${said.reason}: ${said.detail}` };
      const { probabilities, expectedReturn, latencyUs } = said;
      return { probabilities, expectedReturn, latencyUs };
    } catch (error) {
      return { reason: messageOf(error) };
    }
  }

  async #open(shadow: ShadowModel): Promise<ServingModel> {
    const { artifacts, modelsDir, maxFileBytes } = this.#options;
    const { modelPath, manifestSha256 } = shadow;
    const record = getRecord(shadow);
    const change = findFeatureChange(record);
    if (change !== undefined) throw new Error(`features_changed: ${change}`);
    if (modelPath !== undefined && manifestSha256 !== undefined) {
      await artifacts?.fetch({ modelPath, manifestSha256 });
    }
    const model = await openServingModel({ record, modelsDir, maxFileBytes });
    this.#opened.set(shadow.uid, model);
    return model;
  }
}

function getRecord({ uid, record }: ShadowModel): ModelRecord {
  if (record === undefined) throw new Error(`Shadow model ${uid} has no record`);
  return record;
}
