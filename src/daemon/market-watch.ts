import type { MarketData } from '../exchange/market-data.js';

const DAY_MS = 86_400_000;
/** First wait while a symbol is unknown to the venue or refused by it; it doubles up to a day. */
const UNKNOWN_WAIT_MS = 600_000;
/** Wall time between two readings at least, also after one that failed: a day of the demo passes in minutes. */
const MIN_WAIT_MS = 60_000;

export interface MarketWatchOptions {
  readonly marketData: Pick<MarketData, 'clock' | 'reload'>;
  /** Whether something that is wanted is unknown to the venue, refused by it or on hold. */
  readonly lacksSymbols: () => boolean;
  /** The markets have been read again. */
  readonly onReloaded: () => Promise<void>;
}

/** Reads the markets of the venue again each day, and sooner while a symbol is missing. */
export class MarketWatch {
  readonly #options: MarketWatchOptions;
  #loadedAt: number;
  #notBefore = -Infinity;
  #unknownWaitMs = UNKNOWN_WAIT_MS;

  /** The markets have just been loaded. */
  constructor(options: MarketWatchOptions) {
    this.#options = options;
    this.#loadedAt = options.marketData.clock.marketMs();
  }

  /** To be called often: it asks the venue only when that is due. */
  async poll(signal: AbortSignal): Promise<void> {
    const { marketData, lacksSymbols, onReloaded } = this.#options;
    const { speed } = marketData.clock;
    const nowMs = marketData.clock.marketMs();
    const isLacking = lacksSymbols();
    if (!isLacking) this.#unknownWaitMs = UNKNOWN_WAIT_MS;
    const waitMs = isLacking ? this.#unknownWaitMs : DAY_MS;
    if (nowMs < this.#notBefore || nowMs - this.#loadedAt < waitMs) return;
    // Where it fails, too.
    this.#notBefore = nowMs + MIN_WAIT_MS * speed;
    await marketData.reload(signal);
    await onReloaded();
    this.#loadedAt = nowMs;
    if (isLacking) this.#unknownWaitMs = Math.min(DAY_MS, this.#unknownWaitMs * 2);
  }
}
