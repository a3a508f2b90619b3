import type { Candle } from '../../src/domain/candle.js';
import { SystemClock } from '../../src/lib/clock.js';
import { IndependentBinanceServer } from '../exchange/independent-binance-server.js';
import { plantedCandles } from '../training/planted-candles.js';

const HOUR_MS = 3_600_000;
const BARS = 720;

/** A wall clock that a test sets forward for a moment: nobody wakes meanwhile, so no lease is lost. */
export class ShiftedClock extends SystemClock {
  #shiftMs = 0;
  #settled: Promise<void> = Promise.resolve();

  override wallMs(): number {
    return super.wallMs() + this.#shiftMs;
  }

  override async sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    await super.sleep(durationMs, signal);
    await this.#settled;
  }

  async whileShifted<T>(shiftMs: number, work: () => Promise<T>): Promise<T> {
    let settle = (): void => undefined;
    this.#settled = new Promise((resolve) => (settle = resolve));
    this.#shiftMs = shiftMs;
    try {
      return await work();
    } finally {
      this.#shiftMs = 0;
      settle();
    }
  }
}

/** A local venue of seven markets; each has wrong with it what its name says. */
export class IllVenue {
  /** How far its time is ahead of this machine's. */
  shiftMs = 0;
  readonly symbols = ['BTCUSDT', 'ETHUSDT', 'ENDUSDT', 'BADUSDT', 'OFFUSDT', 'FARUSDT', 'GAPUSDT'];
  readonly server = new IndependentBinanceServer({
    symbols: this.symbols,
    nowMs: () => this.nowMs(),
    klines: (id) => this.#klinesOf(id),
  });
  baseUrl = '';

  async start(): Promise<void> {
    this.server.refusedSymbols.add('OFFUSDT');
    this.baseUrl = await this.server.start();
  }

  /** What stored rows are filed under. */
  get name(): string {
    return `binance@${new URL(this.baseUrl).host}`;
  }

  nowMs(): number {
    return Date.now() + this.shiftMs;
  }

  #klinesOf(id: string): readonly (readonly unknown[])[] {
    const newest = Math.floor(this.nowMs() / HOUR_MS) * HOUR_MS;
    const lastOpenTime = id === 'ENDUSDT' ? newest - 74 * HOUR_MS : newest;
    const candles = plantedCandles({ bars: BARS, lastOpenTime, seed: 7, momentum: 0.5 });
    if (id === 'BADUSDT') return candles.map((one) => toKline({ ...one, high: one.low / 2 }));
    if (id === 'GAPUSDT') candles.splice(200, 60);
    const rows = candles.map(toKline);
    const [last] = candles.slice(-1);
    if (id !== 'FARUSDT' || last === undefined) return rows;
    return [...rows, toKline({ ...last, openTime: newest + 6 * HOUR_MS })];
  }
}

function toKline({ openTime, open, high, low, close, volume }: Candle): readonly unknown[] {
  const texts = [open, high, low, close, volume].map(String);
  return [openTime, ...texts, openTime + HOUR_MS - 1, '0', 1, '0', '0', '0'];
}
