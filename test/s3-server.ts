import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { randomInt } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import type { S3Place } from '../src/artifacts/s3-artifacts.js';
import { WEED } from './s3-install.js';

/** Why suites for S3 are skipped on this machine; undefined where the server can be started. */
export const s3SkipReason: string | undefined = existsSync(WEED)
  ? undefined
  : 'no SeaweedFS: pip could not install test/artifacts/requirements.lock';

const KEYS = { accessKeyId: 'evenkeel-tests', secretAccessKey: 'secret-of-the-tests' };
const BUCKET = 'models';
const LOWEST_PORT = 12_000;
const MOST_PORTS = 18_000;
const START_TRIES = 600;
const START_PAUSE_MS = 50;
const START_ATTEMPTS = 3;
const PARTS = ['master', 'volume', 'filer', 's3'] as const;

/** A real S3 server of one suite, in a folder and on ports of its own. */
export class OwnS3 {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-s3-'));
  /** Ports of the parts. */
  readonly #flags: readonly string[];
  readonly #port: number;
  #child: ChildProcess | undefined;

  private constructor(ports: readonly number[]) {
    this.#port = ports[6] ?? 0;
    this.#flags = PARTS.flatMap((part, at) => [
      `-${part}.port=${ports[at * 2]}`,
      `-${part}.port.grpc=${ports[at * 2 + 1]}`,
    ]);
  }

  static async start(): Promise<OwnS3> {
    for (let attempt = 1; ; attempt++) {
      const server = new OwnS3(await freePorts(PARTS.length * 2));
      try {
        await server.start();
        return server;
      } catch (error) {
        await server.stop();
        // Another suite may have been faster at one of the ports.
        if (attempt === START_ATTEMPTS) throw error;
      }
    }
  }

  get place(): S3Place {
    const endpoint = `http://127.0.0.1:${this.#port}`;
    return { endpoint, bucket: BUCKET, region: 'us-east-1', prefix: 'evenkeel/', ...KEYS };
  }

  /** The settings that name it. */
  get environment(): Readonly<Record<string, string>> {
    const { endpoint, bucket, region, prefix, accessKeyId, secretAccessKey } = this.place;
    return {
      ARTIFACTS: 's3',
      S3_ENDPOINT: endpoint,
      S3_BUCKET: bucket,
      S3_REGION: region,
      S3_PREFIX: prefix,
      S3_ACCESS_KEY_ID: accessKeyId,
      S3_SECRET_ACCESS_KEY: secretAccessKey,
    };
  }

  /** Begins, or goes on with what it held when it was killed. */
  async start(): Promise<void> {
    const data = path.join(this.#folder, 'data');
    mkdirSync(data, { recursive: true });
    const config = path.join(this.#folder, 's3.json');
    writeFileSync(config, JSON.stringify({ identities: [identity()] }));
    const fixed = [`-dir=${data}`, '-ip=127.0.0.1', '-ip.bind=127.0.0.1', '-filer', '-s3'];
    const usual = ['-volume.max=8', '-master.volumeSizeLimitMB=64', '-volume.minFreeSpace=1'];
    const s3 = [
      `-s3.config=${config}`,
      '-s3.autoCreateBucket=false',
      '-s3.port.iceberg=0',
      '-s3.port.lance=0',
    ];
    const log = openSync(path.join(this.#folder, 'log'), 'a');
    this.#child = spawn(WEED, ['server', ...fixed, ...usual, ...s3, ...this.#flags], {
      cwd: this.#folder,
      stdio: ['ignore', 'ignore', log],
    });
    closeSync(log);
    await this.#untilReady();
  }

  /** Names of all objects, without the prefix. */
  async names(): Promise<readonly string[]> {
    const { bucket: Bucket, prefix: Prefix } = this.place;
    const { Contents = [] } = await this.#use((client) =>
      client.send(new ListObjectsV2Command({ Bucket, Prefix })),
    );
    return Contents.map(({ Key = '' }) => Key.slice(Prefix.length)).sort();
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

  async #untilReady(): Promise<void> {
    let last: unknown;
    for (let round = 0; round < START_TRIES; round++) {
      try {
        await this.#use((client) => client.send(new CreateBucketCommand({ Bucket: BUCKET })));
        return;
      } catch (error) {
        if ((error as Error).name.startsWith('BucketAlready')) return;
        last = error;
      }
      if (this.#child?.exitCode !== null) break;
      await sleep(START_PAUSE_MS);
    }
    const log = readFileSync(path.join(this.#folder, 'log'), 'utf8').slice(-2_000);
    throw new Error(`SeaweedFS did not start: ${log}`, { cause: last });
  }

  async #use<T>(work: (client: S3Client) => Promise<T>): Promise<T> {
    const { endpoint, region } = this.place;
    const options = { endpoint, region, credentials: KEYS, forcePathStyle: true, maxAttempts: 1 };
    const client = new S3Client(options);
    try {
      return await work(client);
    } finally {
      client.destroy();
    }
  }
}

/**
 * Ports that nobody listens at, below those that the system gives to connections: with eight of them one would
 * now and then be taken by a connection before the server has it.
 */
async function freePorts(count: number): Promise<readonly number[]> {
  for (;;) {
    const first = LOWEST_PORT + randomInt(MOST_PORTS);
    const ports = Array.from({ length: count }, (_, at) => first + at);
    const free = await Promise.all(ports.map(isFree));
    if (free.every(Boolean)) return ports;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

function identity(): object {
  const { accessKeyId: accessKey, secretAccessKey: secretKey } = KEYS;
  const actions = ['Admin', 'Read', 'Write', 'List', 'Tagging'];
  return { name: 'tests', credentials: [{ accessKey, secretKey }], actions };
}
