import { randomBytes } from 'node:crypto';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { RedisPlace } from '../src/training/remote/redis-place.js';
import { freePort } from './free-port.js';

const REDIS_URL = process.env['TEST_REDIS_URL'] ?? 'redis://127.0.0.1:6379';
const INSTALL_HINT = 'apt-get install redis-server';
const START_TRIES = 200;
const START_PAUSE_MS = 25;

/** Names in the shared Redis that nobody else uses; `dropNames` removes them. */
export function redisPlace(url = REDIS_URL): RedisPlace {
  return { url, prefix: `evenkeel-test-${randomBytes(6).toString('hex')}` };
}

export async function dropNames({ url, prefix }: RedisPlace): Promise<void> {
  await withRedis(url, async (redis) => {
    const keys = await redis.keys(`${prefix}:*`);
    if (keys.length > 0) await redis.del(...keys);
  });
}

export async function withRedis<T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

/** Why suites for Redis are skipped on this machine; undefined when a server answers. */
export const redisSkipReason: string | undefined = await withRedis(REDIS_URL, (redis) =>
  redis.ping(),
).then(
  () => undefined,
  () => `no Redis at ${REDIS_URL}; ${INSTALL_HINT}`,
);

/** A Redis of one test, which may be killed and emptied. */
export class OwnRedis {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-redis-'));
  readonly #port: number;
  #child: ChildProcess | undefined;

  private constructor(port: number) {
    this.#port = port;
  }

  static async start(): Promise<OwnRedis> {
    const redis = new OwnRedis(await freePort());
    await redis.start();
    return redis;
  }

  get place(): RedisPlace {
    return redisPlace(`redis://127.0.0.1:${this.#port}`);
  }

  get url(): string {
    return `redis://127.0.0.1:${this.#port}`;
  }

  /** Empty: nothing of its earlier life is kept. */
  async start(): Promise<void> {
    const options = ['--port', String(this.#port), '--bind', '127.0.0.1', '--save', ''];
    this.#child = spawn('redis-server', [...options, '--dir', this.#folder], { stdio: 'ignore' });
    for (let round = 0; round < START_TRIES; round++) {
      const answer = await withRedis(this.url, (redis) => redis.ping()).catch(() => undefined);
      if (answer === 'PONG') return;
      await sleep(START_PAUSE_MS);
    }
    throw new Error('redis-server did not start');
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
