import type { Clock } from '../lib/clock.js';
import type { CachedPrediction } from './cached-prediction.js';
import type { PredictionFile } from './prediction-file.js';

const HOUR_MS = 3_600_000;
/** Lines that the file may have beyond the predictions that are kept before it is written anew. */
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
  /** What a prediction lives at this moment. */
  readonly lifeHours: number;
  readonly hits: number;
  readonly misses: number;
  readonly diskBytes: number;
}

/** Whose word on which instrument: a global model speaks on many. */
export type Spoken = Pick<CachedPrediction, 'modelUid' | 'symbol'>;

/**
 * What models said, by model, instrument and candle, in memory and on disk. Whoever asks names the model:
 * what an earlier one said can therefore never pass for the word of the one that serves.
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

  /** Takes up what an earlier run left, and writes it anew, so that a torn end is gone. */
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

  /** The model's word on the candle, while it lives. */
  find(spoken: Spoken, candleOpenTime: number): CachedPrediction | undefined {
    const found = this.#alive(this.#entries.get(textOf({ ...spoken, candleOpenTime })));
    if (found === undefined) this.#misses++;
    else this.#hits++;
    return found;
  }

  /** The model's word on the newest candle that it spoke on, while it lives. */
  findNewest(spoken: Spoken): CachedPrediction | undefined {
    return this.#alive(this.#newest.get(spokenText(spoken)));
  }

  /** From now on predictions live so long, those that are kept too. Default: the setting's. */
  setLife(hours: number = this.#options.ttlHours): void {
    this.#lifeMs = hours * HOUR_MS;
  }

  /** Forgets what was said by models that serve no longer, or about candles that have changed. */
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
    const newest = this.#newest.get(spokenText(entry));
    if (newest === undefined || newest.candleOpenTime <= entry.candleOpenTime) {
      this.#newest.set(spokenText(entry), entry);
    }
    for (const oldest of this.#entries.values()) {
      if (this.#entries.size <= this.#options.maxEntries) return;
      this.#remove(oldest);
    }
  }

  #remove(entry: CachedPrediction): void {
    this.#entries.delete(textOf(entry));
    const spoken = spokenText(entry);
    if (this.#newest.get(spoken) === entry) this.#newest.delete(spoken);
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

function spokenText({ modelUid, symbol }: Spoken): string {
  return `${modelUid} ${symbol}`;
}

function textOf(entry: Spoken & Pick<CachedPrediction, 'candleOpenTime'>): string {
  return `${spokenText(entry)} ${entry.candleOpenTime}`;
}
