import { get as httpGet, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { BacktestLoad } from './backtest-load.js';
import { withSite, type DaemonChild, type Site } from './daemon-child.js';
import type { Benchmark, BenchmarkResult, Figure } from './harness/benchmark.js';
import { median, percentile } from './harness/statistics.js';
import { assertServed, startServed } from './served-site.js';
import { VenueProxy, type PassedAnswer } from './venue-proxy.js';

const MANY = 100;
const MINUTE_MS = 60_000;
const CLOSES = 6;
/** Of each of two measurements: a close takes a minute. */
const CLOSES_OF_TWO = 4;
/** The 640 bars that features look back on are fetched as well. */
const HISTORY_DAYS = 1;
const LIMIT_MS = 50_000;

/** P8: a hundred candles close at once; measured until every decision is recorded and published. */
export const close: Benchmark = {
  name: 'close',
  bar: 'P8',
  title: '100 symbols close a candle: all decisions recorded; --backtest: beside one as well',
  async run({ isBesideBacktest }) {
    const startMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - MINUTE_MS;
    return withSite({ startMs, historyDays: HISTORY_DAYS }, async (site) => {
      const proxy = await VenueProxy.start(site.venue.baseUrl);
      try {
        return await measure(site, proxy, isBesideBacktest);
      } finally {
        await proxy.stop();
      }
    });
  },
};

async function measure(
  site: Site,
  proxy: VenueProxy,
  isBesideBacktest: boolean,
): Promise<BenchmarkResult> {
  const symbols = site.symbols.slice(0, MANY);
  const more = { EXCHANGE_BASE_URL: proxy.url };
  const child = await startServed(site, { symbols, timeframe: '1m', more });
  try {
    await assertServed(child, symbols);
    const count = isBesideBacktest ? CLOSES_OF_TWO : CLOSES;
    const figures = toFigures(await watchCloses(child, { proxy, count }), '');
    const notes = [
      `${count} closes of 1m candles; a model serves each symbol, a real daemon process, SQLite`,
      "answers: the symbol's candle, the reference's candle and the first prices after the close",
      'decided: the event of the decision has arrived here, which is after it was stored',
    ];
    if (!isBesideBacktest) return { figures, notes };
    const beside = await watchBeside(child, { proxy, count });
    return { figures: [...figures, ...beside.figures], notes: [...notes, ...beside.notes] };
  } finally {
    await child.stop();
  }
}

/** As many closes while models are trained for a backtest over the same symbols. */
async function watchBeside(child: DaemonChild, watched: Watched): Promise<BenchmarkResult> {
  const load = new BacktestLoad(child);
  load.start();
  try {
    const closes = await watchCloses(child, watched, () => load.assertBusy());
    const notes = [
      `beside a backtest: ${load.describe()}; they train models of the same symbols, both processors are busy`,
    ];
    return { figures: toFigures(closes, ', beside a backtest'), notes };
  } finally {
    await load.stop();
  }
}

interface Watched {
  readonly proxy: VenueProxy;
  /** Closes to watch. */
  readonly count: number;
}

async function watchCloses(
  child: DaemonChild,
  { proxy, count }: Watched,
  onClose: () => void = () => undefined,
): Promise<readonly Close[]> {
  const closes: Close[] = [];
  while (closes.length < count) {
    closes.push(await watchClose(child, proxy));
    onClose();
  }
  return closes;
}

function toFigures(closes: readonly Close[], when: string): readonly Figure[] {
  const each = closes.flatMap(({ symbolMs }) => symbolMs);
  const beyond = closes.map(({ beyondMs }) => beyondMs);
  return [
    {
      name: `all ${MANY} decided, beyond the venue's answers, median${when}`,
      value: median(beyond) / 1000,
      unit: 's',
      bar: { atMost: 1 },
    },
    { name: `the same, slowest close${when}`, value: percentile(beyond, 1) / 1000, unit: 's' },
    {
      name: `a symbol, from its answers to its decision, p99${when}`,
      value: percentile(each, 0.99),
      unit: 'ms',
      bar: { atMost: 250 },
    },
    { name: `the same, median${when}`, value: median(each), unit: 'ms' },
    {
      name: `the venue's own answers, first to last, median${when}`,
      value: median(closes.map(({ venueMs }) => venueMs)) / 1000,
      unit: 's',
    },
  ];
}

interface Close {
  readonly symbolMs: readonly number[];
  readonly beyondMs: number;
  readonly venueMs: number;
}

interface DecisionEvent {
  readonly symbol: string;
  readonly candle_open_time: string;
}

/** The next close that is observed from its start. */
async function watchClose(child: DaemonChild, proxy: VenueProxy): Promise<Close> {
  const { market_time: now } = await child.status();
  const openTime = Math.floor(Date.parse(now) / MINUTE_MS) * MINUTE_MS;
  const candles = new Map<string, number>();
  const decided = new Map<string, number>();
  let pricesAt = Infinity;
  proxy.onAnswer((answer) => {
    if (answer.path.endsWith('/klines') && holdsClosed(answer, openTime)) {
      const symbol = answer.symbol ?? '';
      if (!candles.has(symbol)) candles.set(symbol, answer.atMs);
    } else if (answer.path.includes('/ticker/') && candles.size > 0) {
      pricesAt = Math.min(pricesAt, answer.atMs);
    }
  });
  const stream = await listen(child, ({ symbol, candle_open_time: time }) => {
    if (Date.parse(time) === openTime) decided.set(symbol, performance.now());
  });
  const startedAt = performance.now();
  while (decided.size < MANY && performance.now() - startedAt < MINUTE_MS + LIMIT_MS) {
    await sleep(20);
  }
  stream.destroy();
  if (decided.size < MANY) throw new Error(`${decided.size} of ${MANY} decisions`);
  const referenceAt = candles.get('BTCUSDT') ?? 0;
  const symbolMs = [...decided].map(([symbol, atMs]) => {
    const answersAt = Math.max(candles.get(symbol) ?? 0, referenceAt, pricesAt);
    return Math.max(0, atMs - answersAt);
  });
  const last = Math.max(...candles.values(), pricesAt);
  return {
    symbolMs,
    beyondMs: Math.max(0, Math.max(...decided.values()) - last),
    venueMs: last - Math.min(...candles.values()),
  };
}

/** The last candle of an answer is the open one, and by now it is a newer one. */
function holdsClosed({ body }: PassedAnswer, openTime: number): boolean {
  return body.includes(`[${openTime},`) && body.includes(`[${openTime + MINUTE_MS},`);
}

function listen(
  child: DaemonChild,
  onDecision: (event: DecisionEvent) => void,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpGet(`${child.url}/api/events`, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        const events = text.split('\n\n');
        text = events.pop() ?? '';
        for (const event of events) {
          const data = /^event: decision\ndata: (.*)$/m.exec(event)?.[1];
          if (data !== undefined) onDecision(JSON.parse(data) as DecisionEvent);
        }
      });
      resolve(answer);
    });
    request.on('error', reject);
  });
}
