import { IndependentBinanceServer } from '../test/exchange/independent-binance-server.js';
import { makeKlines } from '../test/exchange/klines.js';

/** A venue with hourly candles in a process of its own, so that its work does not count as the daemon's. */
const HOUR_MS = 3_600_000;
const [symbolCount = '100', barCount = '6000'] = process.argv.slice(2);
const startedMs = Date.now();
const firstMs = Math.floor(startedMs / HOUR_MS) * HOUR_MS - Number(barCount) * HOUR_MS;
const klines = makeKlines(firstMs, Number(barCount) + 2);
const server = new IndependentBinanceServer({
  symbols: Array.from({ length: Number(symbolCount) }, (_, index) => `COIN${index}USDT`),
  nowMs: () => Date.now(),
  klines: () => klines,
});
process.send?.(await server.start());
process.once('disconnect', () => void server.stop());
