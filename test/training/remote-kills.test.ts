import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { DEAD_AFTER_MS } from '../../src/domain/queue-worker.js';
import { seededRandom } from '../../src/lib/seeded-random.js';
import type { RedisPlace } from '../../src/training/remote/redis-place.js';
import { forEachEngine, onMysqlServer } from '../database.js';
import { OwnRedis, redisSkipReason, withRedis } from '../redis-server.js';
import { PROJECT_DIR } from '../trainer/real-trainer.js';
import type { DoomedOrder } from './doomed-daemon-child.js';
import {
  countOpen,
  expectEachFailedOnce,
  keysOf,
  killFamily,
  SHORT_TRAININGS,
  storeShortMarkets,
} from './kill-rig.js';
import { createTrainingContext, START_MS, type TrainingContext } from './training-context.js';
import type { WorkerOrder } from './worker-child.js';

const IS_LONG = process.env['EVENKEEL_TEST_LONG'] === 'true';
const WORKERS = IS_LONG ? 4 : 2;
const SYMBOLS = IS_LONG ? 1_000 : 16;
/** Each asks for every symbol once more. */
const SESSIONS = IS_LONG ? 10 : 2;
const JOBS = SYMBOLS * SESSIONS;
const KILLS = IS_LONG ? 50 : 4;
const LIMIT_MS = (IS_LONG ? 60 : 3) * 60_000;
const SEED = '5eed'.repeat(8);
const POLL_MS = 100;

const KEYS = keysOf(SYMBOLS);

/** What is killed: each kind is due once in as many kills. */
const VICTIMS = ['worker', 'daemon', 'worker', 'redis', 'worker', 'flush'] as const;
const VICTIMS_OF_A_SAMPLE = ['worker', 'daemon', 'redis', 'flush'] as const;

forEachEngine((engine) => {
  const isHere = engine.name === 'mysql' && redisSkipReason === undefined;
  describe.skipIf(!isHere)(`a queue on Redis (${redisSkipReason ?? 'here'})`, () => {
    it(
      `loses none of ${JOBS} jobs while ${KILLS} times a worker, the daemon or Redis is killed, and does none twice`,
      async () => {
        const context = await createTrainingContext(engine, {
          ...SHORT_TRAININGS,
          pooling: 'off',
        });
        const redis = await OwnRedis.start();
        const campaign = new Campaign(context, redis);
        try {
          await storeShortMarkets(context, KEYS);
          await campaign.run();
          await expectEachFailedOnce(context, { jobs: JOBS, mostGivenUp: KILLS / 2 });
        } finally {
          await campaign.stop();
          await redis.stop();
          await context.close();
        }
      },
      LIMIT_MS,
    );
  });
});

/** One daemon, its workers and its Redis, of which one is killed whenever enough jobs have ended. */
class Campaign {
  readonly #context: TrainingContext;
  readonly #redis: OwnRedis;
  readonly #place: RedisPlace;
  readonly #random = seededRandom(SEED);
  #daemon: Child;
  readonly #workers: Child[] = [];
  #kills = 0;
  #runs = 0;

  constructor(context: TrainingContext, redis: OwnRedis) {
    this.#context = context;
    this.#redis = redis;
    this.#place = redis.place;
    this.#daemon = this.#startDaemon();
    for (let count = 0; count < WORKERS; count++) this.#workers.push(this.#startWorker());
  }

  async run(): Promise<void> {
    const requests = this.#context.service().sessions;
    for (let session = 0; session < SESSIONS; session++) {
      await requests.request({ keys: KEYS, kind: 'manual' });
      for (;;) {
        const open = await countOpen(this.#context);
        if (open === 0) break;
        const ended = (session + 1) * SYMBOLS - open;
        if (this.#isKillDue(ended)) await this.#kill();
        await sleep(POLL_MS);
      }
    }
    expect(this.#kills).toBe(KILLS);
  }

  async stop(): Promise<void> {
    for (const child of [this.#daemon, ...this.#workers]) await child.kill();
  }

  #isKillDue(ended: number): boolean {
    return this.#kills < KILLS && ended >= ((this.#kills + 0.5) * JOBS) / (KILLS + 1);
  }

  async #kill(): Promise<void> {
    const victims = IS_LONG ? VICTIMS : VICTIMS_OF_A_SAMPLE;
    const victim = victims[this.#kills % victims.length];
    this.#kills += 1;
    await sleep(this.#random() * 2 * POLL_MS);
    if (victim === 'worker') return this.#killWorker();
    if (victim === 'flush') {
      await withRedis(this.#redis.url, (redis) => redis.flushall());
      return;
    }
    if (victim === 'daemon') {
      await this.#daemon.kill();
      this.#daemon = this.#startDaemon();
      return;
    }
    await this.#redis.kill();
    await this.#redis.start();
  }

  async #killWorker(): Promise<void> {
    const position = Math.floor(this.#random() * WORKERS);
    const worker = this.#workers[position];
    await worker?.kill();
    this.#workers[position] = this.#startWorker();
    // A sample does not wait until the silence has lasted.
    if (!IS_LONG && worker?.workerUid !== undefined) await this.#silence(worker.workerUid);
  }

  async #silence(uid: string): Promise<void> {
    const { database } = this.#context.location as { readonly database: string };
    const changed = `seen_at = seen_at - ${DEAD_AFTER_MS + 1}`;
    await onMysqlServer(`UPDATE \`${database}\`.workers SET ${changed} WHERE uid = '${uid}'`);
  }

  #startDaemon(): Child {
    const { location, options } = this.#context;
    const order: DoomedOrder = {
      ...{ location, options, marketMs: START_MS + 1, runUid: `doomed-${this.#runs++}` },
      ...{ command: ['none'], cwd: PROJECT_DIR, place: this.#place },
    };
    return new Child('doomed-daemon-child.js', order);
  }

  #startWorker(): Child {
    const { location, options } = this.#context;
    if (location.engine !== 'mysql') throw new Error('A worker needs MySQL');
    const { modelsDir, workDir } = options;
    const order: WorkerOrder = {
      ...{ location, place: this.#place, folders: { modelsDir, workDir } },
    };
    return new Child('worker-child.js', order);
  }
}

/** A process whose whole family must be gone after its end. */
class Child {
  readonly #process: ChildProcess;
  #output = '';

  constructor(program: string, order: WorkerOrder | DoomedOrder) {
    const file = path.join(PROJECT_DIR, 'dist/test/training', program);
    const child = spawn(process.execPath, [file, JSON.stringify(order)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout.on('data', (chunk: Buffer) => {
      // Its first line has what is asked of it.
      if (this.#output.length < 1_000) this.#output += chunk.toString();
    });
    this.#process = child;
  }

  /** Undefined where it was killed before it was known. */
  get workerUid(): string | undefined {
    return /worker (\w+)/.exec(this.#output)?.[1];
  }

  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) {
      throw new Error(`A process ended by itself: ${this.#output}`);
    }
    await killFamily(this.#process);
  }
}
