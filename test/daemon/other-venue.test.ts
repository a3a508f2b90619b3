import { afterEach, expect, test } from 'vitest';
import { analysis } from '../../src/api/contract/signals.js';
import { listAnswer } from '../../src/api/contract/common.js';
import { status } from '../../src/api/contract/status.js';
import { trade } from '../../src/api/contract/trading.js';
import type { Candle } from '../../src/domain/candle.js';
import { IndependentBinanceServer } from '../exchange/independent-binance-server.js';
import { plantedCandles } from '../training/planted-candles.js';
import { daemonRig, type DaemonChild } from './daemon-child.js';
import { descendantsOf } from './process-table.js';

const { start, folder } = daemonRig();
const HOUR_MS = 3_600_000;
const LIMIT_MS = 150_000;
const SYMBOL = 'BTCUSDT';

let server: IndependentBinanceServer | undefined;
afterEach(() => server?.stop());

/** A row as Binance sends it. */
function toKline({ openTime, open, high, low, close, volume }: Candle): readonly unknown[] {
  const texts = [open, high, low, close, volume].map(String);
  return [openTime, ...texts, openTime + HOUR_MS - 1, '0', 1, '0', '0', '0'];
}

/** Two months of hours up to now; the last bar is still open. */
function serveMarket(): IndependentBinanceServer {
  const lastOpenTime = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  const rows = plantedCandles({ bars: 1500, lastOpenTime, seed: 7, momentum: 0.8 }).map(toKline);
  return new IndependentBinanceServer({
    ...{ symbols: [SYMBOL], nowMs: () => Date.now(), klines: () => rows },
  });
}

async function byModel(daemon: DaemonChild) {
  const answer = await daemon.get(`/api/analysis/${SYMBOL}`, analysis);
  return answer.fallback ? undefined : answer;
}

test(
  "another program's Binance is collected, learnt and judged, without the demo's help",
  async () => {
    server = serveMarket();
    const baseUrl = await server.start();
    const daemon = start({
      environment: {
        ...{ EXCHANGE: 'binance', EXCHANGE_BASE_URL: baseUrl, SYMBOLS: 'BTC/USDT', API_PORT: '0' },
        ...{ TRAIN_MONTHS_BACK: '1', DATA_DIR: folder(), PROMOTION_GATE: 'parity' },
      },
    });
    await daemon.line(/BTC\/USDT 1h is up to date/, LIMIT_MS);
    await daemon.line(/by fallback: .*fallback_reason=untrained/, LIMIT_MS);
    const { exchange } = await daemon.get('/api/status', status);
    expect(exchange).toMatchObject({ id: 'binance', demo: false, ready: true });
    expect(exchange.venue).toBe(`binance@${new URL(baseUrl).host}`);
    expect(exchange.skew_ms).not.toBeNull();
    const family = descendantsOf(daemon.pid).map(({ command }) => command);
    expect(family.filter((command) => command.includes('demo'))).toEqual([]);

    await daemon.line(/\[TRAIN\] Promoted: /, LIMIT_MS);
    const found = await daemon.until(() => byModel(daemon), { what: 'a model analysis' });
    expect(found).toMatchObject({ symbol: SYMBOL, unified_symbol: 'BTC/USDT', fallback: false });
    expect(found.decision?.reason).not.toBe('');
    // The newest closed bar: the open one is never read.
    expect(Date.parse(found.candle_open_time)).toBeLessThanOrEqual(Date.now() - HOUR_MS);
    await daemon.get('/api/trades', listAnswer('trades', trade));
    expect((await daemon.stop()).code).toBe(0);
    expect(daemon.output).not.toMatch(/ERROR/);
  },
  3 * LIMIT_MS,
);
