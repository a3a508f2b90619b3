import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MysqlLocation } from '../src/storage/connection/location.js';
import type { RedisPlace } from '../src/training/remote/redis-place.js';
import { mysqlSettings } from '../test/mysql-server.js';
import { PROJECT_DIR, PYTHON } from '../test/trainer/real-trainer.js';
import { usageOf } from './harness/process-tree.js';

/** As in package.json. */
const NODE_OPTIONS = ['--max-old-space-size=256', '--max-semi-space-size=2'];
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

/** `npm run worker` with its default settings, in a process of its own. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  #output = '';
  #peakMb = 0;
  readonly #watch: NodeJS.Timeout;

  private constructor({ location, place, modelsDir, dataDir }: WorkerPlaces) {
    const script = path.join(PROJECT_DIR, 'dist/scripts/worker.js');
    this.#child = spawn(process.execPath, [...NODE_OPTIONS, script], {
      cwd: path.dirname(dataDir),
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...{ PATH: process.env['PATH'], MYSQL_ENABLED: 'true', ...mysqlSettings(location) },
        ...{ QUEUE: 'redis', REDIS_URL: place.url, REDIS_PREFIX: place.prefix },
        ...{ DATA_DIR: dataDir, MODELS_DIR: modelsDir, PYTHON },
      },
    });
    const read = (chunk: Buffer): void => void (this.#output += chunk.toString());
    this.#child.stdout?.on('data', read);
    this.#child.stderr?.on('data', read);
    const { pid = 0 } = this.#child;
    this.#watch = setInterval(() => {
      this.#peakMb = Math.max(this.#peakMb, usageOf(pid).rssMb);
    }, POLL_MS);
  }

  /** Resolves when it takes jobs. */
  static async start(places: WorkerPlaces): Promise<WorkerProcess> {
    const worker = new WorkerProcess(places);
    const startedAt = performance.now();
    while (!worker.#output.includes(READY)) {
      const isLate = performance.now() - startedAt > READY_LIMIT_MS;
      if (isLate || worker.#child.exitCode !== null) {
        throw new Error(`The worker does not begin: ${worker.#output}`);
      }
      await sleep(POLL_MS);
    }
    return worker;
  }

  /** Of the worker with its children, at any moment so far. */
  get peakMb(): number {
    return this.#peakMb;
  }

  async stop(): Promise<void> {
    clearInterval(this.#watch);
    if (this.#child.exitCode !== null) throw new Error(`The worker has ended: ${this.#output}`);
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }
}
