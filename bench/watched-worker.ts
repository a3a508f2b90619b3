import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MysqlLocation } from '../src/storage/connection/location.js';
import type { RedisPlace } from '../src/training/remote/redis-place.js';
import { WorkerProcess } from '../test/training/worker-process.js';
import { npmNodeOptions } from './harness/npm-command.js';
import { usageOf } from './harness/process-tree.js';

const READY = 'Processing queues in order';
const READY_LIMIT_MS = 30_000;
const POLL_MS = 200;

export interface WorkerPlaces {
  readonly location: MysqlLocation;
  readonly place: RedisPlace;
  readonly modelsDir: string;
  /** Its own. */
  readonly dataDir: string;
}

/** `npm run worker` with its default settings, whose memory is watched. */
export class WatchedWorker {
  readonly #process: WorkerProcess;
  readonly #watch: NodeJS.Timeout;
  #peakMb = 0;

  private constructor({ location, place, modelsDir, dataDir }: WorkerPlaces) {
    const cwd = path.dirname(dataDir);
    const settings = { MODELS_DIR: modelsDir };
    const nodeOptions = npmNodeOptions('worker');
    const options = { location, place, dataDir, cwd, settings, nodeOptions };
    this.#process = new WorkerProcess(options);
    this.#watch = setInterval(() => {
      this.#peakMb = Math.max(this.#peakMb, usageOf(this.#process.pid).rssMb);
    }, POLL_MS);
  }

  /** Resolves when it takes jobs. */
  static async start(places: WorkerPlaces): Promise<WatchedWorker> {
    const worker = new WatchedWorker(places);
    const startedAt = performance.now();
    while (!worker.#process.output.includes(READY)) {
      const isLate = performance.now() - startedAt > READY_LIMIT_MS;
      if (isLate || worker.#process.hasEnded()) {
        throw new Error(`The worker does not begin: ${worker.#process.output}`);
      }
      await sleep(POLL_MS);
    }
    return worker;
  }

  /** Of the worker with its children, at any moment so far. */
  get peakMb(): number {
    return this.#peakMb;
  }

  /** Of the worker with its children, so far. */
  get processorSec(): number {
    return usageOf(this.#process.pid).processorSec;
  }

  async stop(): Promise<void> {
    clearInterval(this.#watch);
    if (this.#process.hasEnded()) throw new Error(`The worker has ended: ${this.#process.output}`);
    await this.#process.stop();
  }
}
