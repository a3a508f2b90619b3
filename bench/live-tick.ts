import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SILENT_LOGGER } from '../src/lib/silent-logger.js';
import { openDatabase } from '../src/storage/database/database.js';
import { openStores } from '../src/storage/stores.js';
import { LiveWorld, ORDER_PATH } from '../test/live/live-world.js';
import type { Benchmark, BenchmarkResult } from './harness/benchmark.js';
import { mean, median, percentile } from './harness/statistics.js';

const RUNS = 300;
const WARMUPS = 30;
const HOUR_MS = 3_600_000;

/** From the signal of a model to the first byte of its order, at the demo exchange with books in a file. */
export const liveTick: Benchmark = {
  name: 'live-tick',
  bar: '',
  title: 'live: from a signal to its order on the wire',
  run: async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-live-tick-'));
    const file = path.join(folder, 'books.sqlite');
    const location = { engine: 'sqlite', file } as const;
    const opened: { close: () => Promise<void> }[] = [];
    const world = await LiveWorld.open({
      openDatabase: async ({ clock }) => {
        const context = { clock, logger: SILENT_LOGGER };
        const database = await openDatabase(location, context);
        opened.push(database);
        return { database, stores: openStores(database, clock) };
      },
    });
    try {
      return await measure(world);
    } finally {
      await world.close();
      for (const database of opened) await database.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function measure(world: LiveWorld): Promise<BenchmarkResult> {
  const wire = new Wire();
  const times: number[] = [];
  const processorMs: number[] = [];
  try {
    const service = await world.start();
    for (let run = 0; run < RUNS + WARMUPS; run++) {
      await world.quote(service);
      const startedAt = performance.now();
      wire.begin();
      await world.signal(service, 'BUY');
      if (wire.sentAt === undefined) throw new Error('nothing was bought');
      if (run >= WARMUPS) {
        times.push(wire.sentAt - startedAt);
        processorMs.push(wire.processorMs);
      }
      const [position] = (await world.positions()).slice(-1);
      await service.control.closePosition(position?.uid ?? '', 'bench');
      await world.pass(2, service);
      await world.clock.jump(HOUR_MS);
    }
  } finally {
    wire.release();
  }
  return {
    figures: [
      {
        name: 'signal to order, p99',
        value: percentile(times, 0.99),
        unit: 'ms',
        bar: { atMost: 20 },
      },
      { name: 'the same, median', value: median(times), unit: 'ms' },
      { name: 'the slowest', value: Math.max(...times), unit: 'ms' },
      { name: 'processor time, mean', value: mean(processorMs), unit: 'ms' },
    ],
    notes: [
      `${RUNS} purchases at the demo exchange, one symbol; SQLite in a file, the intent committed first`,
      'the exchange runs in the same process; its pause between requests is a millisecond',
    ],
  };
}

/** When the last order left this process. */
class Wire {
  sentAt: number | undefined;
  /** Of the whole process until then. */
  processorMs = 0;
  #before = process.cpuUsage();
  readonly #fetch = globalThis.fetch;

  constructor() {
    globalThis.fetch = (input, init) => {
      const url = typeof input === 'string' ? input : '';
      if (init?.method === 'POST' && url.includes(ORDER_PATH)) this.#note();
      return this.#fetch(input, init);
    };
  }

  begin(): void {
    this.sentAt = undefined;
    this.#before = process.cpuUsage();
  }

  #note(): void {
    if (this.sentAt !== undefined) return;
    this.sentAt = performance.now();
    const { user, system } = process.cpuUsage(this.#before);
    this.processorMs = (user + system) / 1_000;
  }

  release(): void {
    globalThis.fetch = this.#fetch;
  }
}
