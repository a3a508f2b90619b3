import { describe, expect, it } from 'vitest';
import type { Candle } from '../domain/candle.js';
import type { Decision } from '../domain/decision.js';
import type { Series } from '../domain/market.js';
import type { Signal } from '../domain/signal.js';
import { TransientError } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import { ManualClock } from '../lib/manual-clock.js';
import type { SignalRequest } from '../signals/signal-maker.js';
import { CandlePipeline, type CandlePipelineOptions } from './candle-pipeline.js';

const HOUR_MS = 3_600_000;
const BTC: Series = seriesOf(1, 'BTC/USDT');
const ETH: Series = seriesOf(2, 'ETH/USDT');

function seriesOf(id: number, symbol: string): Series {
  const marketId = symbol.replace('/', '');
  return {
    id,
    uid: symbol,
    venue: 'v',
    symbol,
    marketId,
    timeframe: '1h',
    firstBarAt: undefined,
  } as unknown as Series;
}

function candle(bar: number): Candle {
  return { openTime: bar * HOUR_MS, open: 1, high: 1, low: 1, close: 1, volume: 1 };
}

function setUp(changes: Partial<CandlePipelineOptions> = {}) {
  const [log, stopping] = [[] as string[], new AbortController()];
  const note =
    (level: string) =>
    (message: string): void =>
      void log.push(`${level} ${message}`);
  const logger: Logger = {
    ...{ debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') },
    child: () => logger,
  };
  const clock = new ManualClock(0);
  const stored = new Map<number, Candle[]>();
  const decidedOpenTimes = new Map<string, number>();
  const decide = async (signal: Signal, how: string) => {
    log.push(`${how} ${signal.symbol} ${signal.candleOpenTime / HOUR_MS}`);
    decidedOpenTimes.set(signal.bot, signal.candleOpenTime);
    const decision = { action: 'skip', reason: 'why' } as Decision;
    return { status: 'decided', decision } as const;
  };
  const options: CandlePipelineOptions = {
    ...{ bots: ['catboost'], referenceSymbol: 'BTC/USDT', contextSymbols: new Set() },
    findContext: async () => ({ horizonBars: 4 }),
    signals: {
      makeSignal: async ({ key, candleOpenTime }: SignalRequest) => {
        const signal = { ...key, candleOpenTime, prediction: 'HOLD', confidence: 40 };
        return { signal: { ...signal, source: 'model' } as unknown as Signal, isNew: true };
      },
    },
    trading: {
      onSignal: (signal) => decide(signal, 'decided'),
      skipLate: (signal) => decide(signal, 'skipped'),
      onClosedCandles: async (_, candles) => void log.push(`guarded ${candles.length}`),
    },
    bars: { append: () => undefined, forget: () => undefined },
    refreshQuotes: async () => void log.push('quotes'),
    stores: {
      candles: {
        latest: async (id) => stored.get(id)?.slice(-1) ?? [],
        read: async (id, { fromOpenTime = 0 }) =>
          (stored.get(id) ?? []).filter(({ openTime }) => openTime >= fromOpenTime),
      },
      decisions: { lastDecidedOpenTime: async ({ bot }) => decidedOpenTimes.get(bot) },
    },
    decisionLagMs: () => HOUR_MS / 2,
    ...{ marketSpeed: 1, clock, logger, signal: stopping.signal, ...changes },
  };
  const decisions = new CandlePipeline(options);
  const close = (series: Series, ...bars: number[]): void => {
    const candles = bars.map(candle);
    stored.set(series.id, [...(stored.get(series.id) ?? []), ...candles]);
    decisions.closedCandles(series, candles);
  };
  return { decisions, close, log, clock, stopping, verdicts: () => log.filter(isVerdict) };
}

const isVerdict = (line: string): boolean => /^(decided|skipped) /.test(line);

describe('CandlePipeline', () => {
  it('takes what the back-fill stores as history, and decides on the newest candle once it is ready', async () => {
    const { decisions, close, verdicts } = setUp();
    close(BTC, 1, 2, 3);
    decisions.seriesReady(BTC);
    await decisions.stop();
    expect(verdicts()).toEqual(['decided BTC/USDT 3']);
  });

  it('leaves the event loop a turn between the candles of two series', async () => {
    let turns = 0;
    const turnsAt: number[] = [];
    const { decisions, close } = setUp({
      signals: {
        makeSignal: async ({ key, candleOpenTime }) => {
          turnsAt.push(turns);
          const signal = { ...key, candleOpenTime, prediction: 'HOLD', confidence: 40 };
          return { signal: { ...signal, source: 'model' } as unknown as Signal, isNew: true };
        },
      },
    });
    const all = Array.from({ length: 20 }, (_, at) =>
      seriesOf(at, at === 0 ? 'BTC/USDT' : `S${at}`),
    );
    for (const series of all) decisions.seriesReady(series);
    await decisions.stop();
    const counting = new AbortController();
    const count = (): void => {
      turns += 1;
      if (!counting.signal.aborted) setImmediate(count);
    };
    count();
    for (const series of all) close(series, 1);
    await decisions.stop();
    counting.abort();
    expect(new Set(turnsAt).size).toBe(all.length);
  });

  it('decides on each candle that closes, the positions looked after first', async () => {
    const { decisions, close, log } = setUp();
    decisions.seriesReady(BTC);
    await decisions.stop();
    close(BTC, 4);
    close(BTC, 5);
    await decisions.stop();
    expect(log.filter((line) => /decided|guarded/.test(line))).toEqual([
      ...['guarded 1', 'decided BTC/USDT 4', 'guarded 1', 'decided BTC/USDT 5'],
    ]);
  });

  it('records what closed while nobody looked as skipped, and acts on the newest only', async () => {
    const { decisions, close, verdicts } = setUp();
    decisions.seriesReady(BTC);
    await decisions.stop();
    close(BTC, 1);
    close(BTC, 2, 3, 4);
    await decisions.stop();
    expect(verdicts()).toEqual([
      ...['decided BTC/USDT 1', 'skipped BTC/USDT 2', 'skipped BTC/USDT 3', 'decided BTC/USDT 4'],
    ]);
  });

  it('asks for prices once for all that closed together', async () => {
    const { decisions, close, log } = setUp();
    decisions.seriesReady(BTC);
    decisions.seriesReady(ETH);
    await decisions.stop();
    close(BTC, 1);
    close(ETH, 1);
    await decisions.stop();
    expect(log.filter((line) => line === 'quotes')).toHaveLength(1);
  });

  it("waits for the reference's candle of the same bar", async () => {
    const { decisions, close, verdicts } = setUp();
    decisions.seriesReady(BTC);
    decisions.seriesReady(ETH);
    await decisions.stop();
    close(ETH, 1);
    close(BTC, 1);
    await decisions.stop();
    expect(verdicts()).toEqual(['decided BTC/USDT 1', 'decided ETH/USDT 1']);
  });

  it('waits for it no longer than half the decision lag', async () => {
    const { decisions, close, verdicts, clock } = setUp();
    decisions.seriesReady(ETH);
    await decisions.stop();
    close(ETH, 1);
    await clock.advance(HOUR_MS / 4 - 1);
    expect(verdicts()).toEqual([]);
    await clock.advance(1);
    await decisions.stop();
    expect(verdicts()).toEqual(['decided ETH/USDT 1']);
  });

  it('comes back to a candle whose decision failed, and to no other', async () => {
    const failures = [new TransientError('the database is away')];
    const { decisions, close, log, verdicts } = setUp({
      findContext: async () => {
        const failure = failures.pop();
        if (failure !== undefined) throw failure;
        return { horizonBars: 4 };
      },
    });
    decisions.seriesReady(BTC);
    await decisions.stop();
    close(BTC, 1);
    await decisions.stop();
    expect(verdicts()).toEqual([]);
    expect(log).toContain('warn No decision: the database is away');
    decisions.retry();
    decisions.retry();
    await decisions.stop();
    expect(verdicts()).toEqual(['decided BTC/USDT 1']);
  });

  it('goes on without prices and says so', async () => {
    const { decisions, close, log, verdicts } = setUp({
      refreshQuotes: () => Promise.reject(new TransientError('venue is down')),
    });
    decisions.seriesReady(BTC);
    await decisions.stop();
    close(BTC, 1);
    await decisions.stop();
    expect(verdicts()).toEqual(['decided BTC/USDT 1']);
    expect(log).toContain('warn No prices for the decisions of this bar');
  });

  it('looks at the newest candle once more when a model begins to serve', async () => {
    const { decisions, close, verdicts } = setUp();
    decisions.seriesReady(BTC);
    await decisions.stop();
    close(BTC, 1);
    decisions.promoted({ venue: 'v', symbol: 'BTC/USDT', timeframe: '1h', bot: 'catboost' }, BTC);
    await decisions.stop();
    expect(verdicts()).toEqual(['decided BTC/USDT 1', 'decided BTC/USDT 1']);
  });

  it("takes a promotion of one bot for no decision of another's that failed", async () => {
    const asked: string[] = [];
    const { decisions, close, stopping } = setUp({
      bots: ['catboost', 'lstm'],
      findContext: async ({ bot }) => {
        asked.push(bot);
        if (bot === 'lstm' && asked.length < 6) throw new TransientError('the database is away');
        return { horizonBars: 4 };
      },
    });
    decisions.seriesReady(BTC);
    await decisions.stop();
    close(BTC, 1);
    await decisions.stop();
    const promote = async (): Promise<void> => {
      decisions.promoted({ venue: 'v', symbol: 'BTC/USDT', timeframe: '1h', bot: 'catboost' }, BTC);
      await decisions.stop();
    };
    await promote();
    expect(decisions.undecided).toMatchObject([{ reason: 'the database is away' }]);
    await promote();
    await promote();
    await promote();
    expect(asked.filter((bot) => bot === 'lstm').length).toBeGreaterThan(1);
    expect(decisions.undecided).toEqual([]);
    stopping.abort();
  });

  it('begins nothing any more once it is stopped', async () => {
    const { decisions, close, stopping, verdicts } = setUp();
    decisions.seriesReady(BTC);
    stopping.abort();
    close(BTC, 1);
    await decisions.stop();
    expect(verdicts()).toEqual([]);
  });
});
