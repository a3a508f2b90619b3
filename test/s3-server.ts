import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import type { S3Place } from '../src/artifacts/s3-artifacts.js';
import { freePort } from './free-port.js';
import { WEED } from './s3-install.js';

/** Why suites for S3 are skipped on this machine; undefined where the server can be started. */
export const s3SkipReason: string | undefined = existsSync(WEED)
  ? undefined
  : 'no SeaweedFS: pip could not install test/artifacts/requirements.lock';

const KEYS = { accessKeyId: 'evenkeel-tests', secretAccessKey: 'secret-of-the-tests' };
const BUCKET = 'models';
const START_TRIES = 600;
const START_PAUSE_MS = 50;
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
    const ports = await Promise.all(Array.from({ length: PARTS.length * 2 }, freePort));
    const server = new OwnS3(ports);
    await server.start();
    return server;
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
    const s3 = [`-s3.config=${config}`, '-s3.autoCreateBucket=false', '-s3.port.iceberg=0'];
    this.#child = spawn(WEED, ['server', ...fixed, ...usual, ...s3, ...this.#flags], {
      cwd: this.#folder,
      stdio: 'ignore',
    });
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
      await sleep(START_PAUSE_MS);
    }
    throw new Error('SeaweedFS did not start', { cause: last });
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

function identity(): object {
  const { accessKeyId: accessKey, secretAccessKey: secretKey } = KEYS;
  const actions = ['Admin', 'Read', 'Write', 'List', 'Tagging'];
  return { name: 'tests', credentials: [{ accessKey, secretKey }], actions };
}
