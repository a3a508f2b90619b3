import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Candle } from '../src/domain/candle.js';
import { SystemClock } from '../src/lib/clock.js';
import { seededRandom } from '../src/lib/seeded-random.js';
import { SILENT_LOGGER } from '../src/lib/silent-logger.js';
import { stretchOf, thin, type Neighbour } from '../src/lookalikes/index/find-nearest.js';
import { EMBEDDING_BARS, EMBEDDING_SIZE } from '../src/lookalikes/transform/embed-windows.js';
import { LookalikeIndex } from '../src/lookalikes/worker/lookalike-index.js';
import type { Benchmark, BenchmarkResult } from './harness/benchmark.js';
import { mean, median, percentile, timeRuns } from './harness/statistics.js';
import { loadGenerated, loadMarkets, type PairCandles } from './markets.js';
import { hoursOf, writeWindows, type WindowSeries } from './window-site.js';

const WINDOWS = 1_000_000;
const COUNT = 20;
const JUDGED = 40;
const RUNS = { runs: 300, warmups: 20 };

/** Look-alikes among a million windows, through the thread of the daemon. */
export const lookalikes: Benchmark = {
  name: 'lookalikes',
  bar: 'L1',
  title: 'look-alikes among 1,000,000 windows: recall, time, bytes',
  run: async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-bench-lookalikes-'));
    try {
      return await measure(folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function measure(folder: string): Promise<BenchmarkResult> {
  const { all, source, microseconds } = build(folder);
  const places = {
    folder,
    location: { engine: 'sqlite', file: ':memory:' },
    maxRows: 2 * WINDOWS,
    qdrant: undefined,
  } as const;
  const index = new LookalikeIndex({ places, clock: new SystemClock(), logger: SILENT_LOGGER });
  const reference = all[0]?.series;
  const among = all.map(({ series }) => ({ series, reference }));
  const random = seededRandom('1a'.repeat(16));
  const draw = (): { symbol: string; index: number } => {
    const one = all[Math.floor(random() * all.length)] as WindowSeries;
    const { symbol, firstIndex, length } = one.rows;
    return { symbol, index: firstIndex + length - 1 - Math.floor(random() * 500) };
  };
  const rssBefore = process.memoryUsage().rss;
  await index.find({ among, ...draw(), count: COUNT });
  const memoryBytes = process.memoryUsage().rss - rssBefore;
  const recalls: number[] = [];
  for (let round = 0; round < JUDGED; round++) {
    const asked = draw();
    const answer = await index.find({ among, ...asked, count: COUNT });
    if (answer.status !== 'found') continue;
    const truth = thin(bruteForce(all, asked), COUNT);
    const found = new Set(answer.lookalikes.map((one) => `${one.symbol} ${one.index}`));
    recalls.push(
      truth.filter((one) => found.has(`${one.symbol} ${one.index}`)).length / truth.length,
    );
  }
  const times = await timeRuns(() => index.find({ among, ...draw(), count: COUNT }), RUNS);
  const plain = await timeRuns(() => bruteForce(all, draw()), { runs: 5, warmups: 1 });
  await index.stop();
  const windows = all.reduce((sum, { rows }) => sum + rows.length, 0);
  const diskBytes = all.reduce(
    (sum, { series }) => sum + statSync(path.join(folder, `${series.uid}.windows`)).size,
    0,
  );
  return {
    figures: [
      { name: 'windows', value: windows, unit: '', bar: { atLeast: WINDOWS } },
      {
        name: 'recall@20 against brute force',
        value: mean(recalls),
        unit: '',
        bar: { atLeast: 0.98 },
      },
      { name: 'lowest recall of a question', value: Math.min(...recalls), unit: '' },
      {
        name: 'question through the thread, median',
        value: median(times.wallMs),
        unit: 'ms',
        baseline: median(plain.wallMs),
      },
      {
        name: 'the same, p99',
        value: percentile(times.wallMs, 0.99),
        unit: 'ms',
        bar: { atMost: 20 },
      },
      { name: 'the same, processor time, mean', value: times.processorMs, unit: 'ms' },
      {
        name: 'memory a window',
        value: memoryBytes / windows,
        unit: 'bytes',
        bar: { atMost: 400 },
      },
      { name: 'file a window', value: diskBytes / windows, unit: 'bytes', bar: { atMost: 400 } },
      { name: 'embedding and writing a window', value: microseconds, unit: 'µs' },
    ],
    notes: [
      `${source}; each pair once more at 1 / price until there are a million windows`,
      `${recalls.length} questions against embeddings before rounding, ${RUNS.runs} timed; scope all, base rate included`,
      'baseline: all 64 numbers of every window in a plain loop over 32-bit floats',
    ],
  };
}

function build(folder: string): {
  readonly all: readonly WindowSeries[];
  readonly source: string;
  readonly microseconds: number;
} {
  const { pairs, source } = loadMarkets(1000);
  const more = pairs.length < 60 ? loadGenerated({ count: 100, seed: '2', bars: 8760 }).pairs : [];
  const plain = [...pairs, ...more.map((pair) => ({ ...pair, symbol: `G-${pair.symbol}` }))];
  const reference = hoursOf(pairs[0]?.candles ?? []);
  const all: WindowSeries[] = [];
  let rows = 0;
  const startedAt = performance.now();
  for (const pair of [...plain, ...plain.map(inverse)]) {
    if (rows >= WINDOWS) break;
    const one = writeWindows(folder, pair, reference);
    rows += one.rows.length;
    all.push(one);
  }
  return { all, source, microseconds: (1000 * (performance.now() - startedAt)) / rows };
}

/** The market of the other side: other windows with the same volatility. */
function inverse({ symbol, candles }: PairCandles): PairCandles {
  return {
    symbol: `1-${symbol}`,
    candles: candles.map(({ openTime, open, high, low, close, volume }): Candle => ({
      openTime,
      open: 1 / open,
      high: 1 / low,
      low: 1 / high,
      close: 1 / close,
      volume,
    })),
  };
}

/** The nearest of each stretch, by all numbers of every window. */
function bruteForce(
  all: readonly WindowSeries[],
  asked: { readonly symbol: string; readonly index: number },
): Neighbour[] {
  const own = all.find(({ rows }) => rows.symbol === asked.symbol) as WindowSeries;
  const at = (asked.index - own.rows.firstIndex) * EMBEDDING_SIZE;
  const query = own.exact.subarray(at, at + EMBEDDING_SIZE);
  const lastIndex = asked.index - EMBEDDING_BARS;
  const best = new Map<number, Neighbour>();
  for (const { rows, exact } of all) {
    const end = Math.min(rows.length, lastIndex - rows.firstIndex + 1);
    for (let row = 0; row < end; row++) {
      let square = 0;
      for (let step = 0; step < EMBEDDING_SIZE; step++) {
        const gap = (exact[row * EMBEDDING_SIZE + step] as number) - (query[step] as number);
        square += gap * gap;
      }
      const index = rows.firstIndex + row;
      const known = best.get(stretchOf(index));
      if (square < (known?.distance ?? Infinity)) {
        best.set(stretchOf(index), { symbol: rows.symbol, index, distance: square });
      }
    }
  }
  return [...best.values()].sort((one, other) => one.distance - other.distance);
}
