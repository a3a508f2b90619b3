import type { Clock } from '../lib/clock.js';
import type { CachedPrediction } from './cached-prediction.js';
import type { PredictionFile } from './prediction-file.js';

const HOUR_MS = 3_600_000;
/** Lines that the file may have beyond twice the kept predictions before it is rewritten. */
const SPARE_LINES = 1000;

export interface PredictionCacheOptions {
  readonly file: Pick<PredictionFile, 'load' | 'append' | 'rewrite' | 'stop' | 'bytes'>;
  readonly clock: Clock;
  /** `PREDICTION_CACHE_TTL_HOURS`, by market time. */
  readonly ttlHours: number;
  /** `PREDICTION_CACHE_MAX_ENTRIES`. */
  readonly maxEntries: number;
}

export interface PredictionCacheStatus {
  readonly entries: number;
  readonly maxEntries: number;
  /** Time to live of a prediction at this moment. */
  readonly lifeHours: number;
  readonly hits: number;
  readonly misses: number;
  readonly diskBytes: number;
}

/** A model and one instrument that it predicts: a global model predicts many. */
export type PredictionSource = Pick<CachedPrediction, 'modelUid' | 'symbol'>;

/**
 * Predictions by model, instrument and candle, in memory and on disk. The caller names the model, so a
 * prediction of an earlier model is never taken for one of the serving model.
 */
export class PredictionCache {
  readonly #options: PredictionCacheOptions;
  /** In the order in which they were made. */
  readonly #entries = new Map<string, CachedPrediction>();
  /** Of each model and instrument, the one for the newest candle. */
  readonly #newest = new Map<string, CachedPrediction>();
  #lifeMs: number;
  #fileLines = 0;
  #hits = 0;
  #misses = 0;

  constructor(options: PredictionCacheOptions) {
    this.#options = options;
    this.#lifeMs = options.ttlHours * HOUR_MS;
  }

  /** Loads what an earlier run left and rewrites the file, so that a half-written last line is gone. */
  async start(): Promise<void> {
    for (const entry of await this.#options.file.load()) this.#keep(entry);
    this.#rewrite();
  }

  stop(): Promise<void> {
    return this.#options.file.stop();
  }

  put(entry: CachedPrediction): void {
    this.#keep(entry);
    this.#options.file.append(entry);
    this.#fileLines++;
    if (this.#fileLines > 2 * this.#entries.size + SPARE_LINES) this.#rewrite();
  }

  /** The model's prediction of the candle, until it expires. */
  find(source: PredictionSource, candleOpenTime: number): CachedPrediction | undefined {
    const found = this.#alive(this.#entries.get(textOf({ ...source, candleOpenTime })));
    if (found === undefined) this.#misses++;
    else this.#hits++;
    return found;
  }

  /** The model's prediction of the newest candle that it predicted, until it expires. */
  findNewest(source: PredictionSource): CachedPrediction | undefined {
    return this.#alive(this.#newest.get(sourceText(source)));
  }

  /** Sets the time to live, also of the predictions that are kept. Default: the setting's. */
  setLife(hours: number = this.#options.ttlHours): void {
    this.#lifeMs = hours * HOUR_MS;
  }

  /** Removes predictions of models that no longer serve, or of candles that have changed. */
  drop(isMeant: (entry: CachedPrediction) => boolean): number {
    let dropped = 0;
    for (const entry of this.#entries.values()) {
      if (!isMeant(entry)) continue;
      this.#remove(entry);
      dropped++;
    }
    if (dropped > 0) this.#rewrite();
    return dropped;
  }

  status(): PredictionCacheStatus {
    const { maxEntries, file } = this.#options;
    return {
      entries: this.#entries.size,
      maxEntries,
      lifeHours: this.#lifeMs / HOUR_MS,
      hits: this.#hits,
      misses: this.#misses,
      diskBytes: file.bytes,
    };
  }

  #keep(entry: CachedPrediction): void {
    const text = textOf(entry);
    this.#entries.delete(text);
    this.#entries.set(text, entry);
    const newest = this.#newest.get(sourceText(entry));
    if (newest === undefined || newest.candleOpenTime <= entry.candleOpenTime) {
      this.#newest.set(sourceText(entry), entry);
    }
    for (const oldest of this.#entries.values()) {
      if (this.#entries.size <= this.#options.maxEntries) return;
      this.#remove(oldest);
    }
  }

  #remove(entry: CachedPrediction): void {
    this.#entries.delete(textOf(entry));
    const source = sourceText(entry);
    if (this.#newest.get(source) === entry) this.#newest.delete(source);
  }

  #alive(entry: CachedPrediction | undefined): CachedPrediction | undefined {
    if (entry === undefined) return undefined;
    const ageMs = this.#options.clock.marketMs() - entry.predictedAt;
    return ageMs <= this.#lifeMs ? entry : undefined;
  }

  #rewrite(): void {
    this.#fileLines = this.#entries.size;
    this.#options.file.rewrite(() => this.#entries.values());
  }
}

function sourceText({ modelUid, symbol }: PredictionSource): string {
  return `${modelUid} ${symbol}`;
}

function textOf(entry: PredictionSource & Pick<CachedPrediction, 'candleOpenTime'>): string {
  return `${sourceText(entry)} ${entry.candleOpenTime}`;
}
