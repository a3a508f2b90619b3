import { randomBytes } from 'node:crypto';
import type * as aws from '@aws-sdk/client-s3';
import { RejectedError } from '../lib/errors.js';
import type { ArtifactStore } from './artifact-store.js';
import { assertContent, assertName, contentName, missing, tooLarge } from './content-name.js';
import { isMissing, isThere, noBucket, translateS3Error } from './translate-s3-error.js';

export interface S3Place {
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** What the names of all objects begin with. */
  readonly prefix: string;
}

export interface S3Limits {
  readonly connectMs: number;
  /** One request with its answer. */
  readonly requestMs: number;
  /** Attempts of the library at one request, with growing pauses. */
  readonly attempts: number;
}

const LIMITS: S3Limits = { connectMs: 3_000, requestMs: 15_000, attempts: 2 };

const PROBE_BYTES = 64;

type Library = typeof aws;

interface Opened {
  readonly library: Library;
  readonly client: aws.S3Client;
}

/** Files of models in a bucket of a server that speaks S3. Overwrites nothing that is intact. */
export class S3Artifacts implements ArtifactStore {
  readonly place: string;
  readonly #place: S3Place;
  readonly #limits: S3Limits;
  #opened: Promise<Opened> | undefined;

  constructor(place: S3Place, limits: S3Limits = LIMITS) {
    this.#place = place;
    this.#limits = limits;
    this.place = `bucket ${place.bucket} at ${new URL(place.endpoint).host}`;
  }

  async put(bytes: Buffer, signal?: AbortSignal): Promise<string> {
    const sha256 = contentName(bytes);
    const isNew = await this.#create(sha256, bytes, signal);
    if (!isNew && !(await this.#isIntact(sha256, bytes.length))) {
      // Whoever needs this name needs these bytes: what lies there is of no use to anybody.
      await this.remove(sha256);
      await this.#create(sha256, bytes, signal);
    }
    await this.get(sha256, bytes.length);
    return sha256;
  }

  async get(sha256: string, maxBytes: number): Promise<Buffer> {
    assertName(sha256);
    const bytes = await this.#call(async ({ library, client }, abortSignal) => {
      const command = new library.GetObjectCommand(this.#object(sha256));
      const { Body: body, ContentLength: length } = await client.send(command, { abortSignal });
      if (body === undefined || (length ?? 0) > maxBytes) {
        throw tooLarge(sha256, this.place, maxBytes);
      }
      return readLimited(
        body as AsyncIterable<Buffer>,
        () => tooLarge(sha256, this.place, maxBytes),
        maxBytes,
      );
    }).catch((error: unknown) => {
      throw isMissing(error) ? missing(sha256, this.place) : error;
    });
    assertContent(bytes, sha256, this.place);
    return bytes;
  }

  async has(sha256: string): Promise<boolean> {
    assertName(sha256);
    try {
      await this.#call(({ library, client }, abortSignal) =>
        client.send(new library.HeadObjectCommand(this.#object(sha256)), { abortSignal }),
      );
      return true;
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
    // HEAD answers a missing bucket like a missing object.
    await this.#call(({ library, client }, abortSignal) =>
      client.send(new library.HeadBucketCommand({ Bucket: this.#place.bucket }), { abortSignal }),
    ).catch((error: unknown) => {
      throw isMissing(error) ? noBucket(this.place) : error;
    });
    return false;
  }

  async remove(sha256: string): Promise<void> {
    assertName(sha256);
    await this.#call(({ library, client }, abortSignal) =>
      client.send(new library.DeleteObjectCommand(this.#object(sha256)), { abortSignal }),
    );
  }

  /** Whether the server keeps what is there from being overwritten, found out with an object of its own. */
  async isConditional(): Promise<boolean> {
    const bytes = randomBytes(PROBE_BYTES);
    const sha256 = contentName(bytes);
    try {
      await this.#create(sha256, bytes);
      return !(await this.#create(sha256, bytes));
    } finally {
      await this.remove(sha256);
    }
  }

  close(): void {
    this.#opened?.then(
      ({ client }) => client.destroy(),
      () => undefined,
    );
  }

  /** @returns false where something of this name is there */
  async #create(sha256: string, bytes: Buffer, signal?: AbortSignal): Promise<boolean> {
    try {
      await this.#call(async ({ library, client }, limit) => {
        const command = new library.PutObjectCommand({
          ...this.#object(sha256),
          Body: bytes,
          IfNoneMatch: '*',
          ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64'),
        });
        const abortSignal = signal === undefined ? limit : AbortSignal.any([limit, signal]);
        await client.send(command, { abortSignal });
      });
      return true;
    } catch (error) {
      if (isThere(error)) return false;
      throw error;
    }
  }

  async #isIntact(sha256: string, maxBytes: number): Promise<boolean> {
    try {
      await this.get(sha256, maxBytes);
      return true;
    } catch (error) {
      if (error instanceof RejectedError) return false;
      throw error;
    }
  }

  #object(sha256: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#place.bucket, Key: `${this.#place.prefix}${sha256}` };
  }

  async #call<T>(work: (opened: Opened, limit: AbortSignal) => Promise<T>): Promise<T> {
    const { requestMs, attempts } = this.#limits;
    const limit = AbortSignal.timeout(requestMs * attempts);
    try {
      this.#opened ??= this.#open();
      return await work(await this.#opened, limit);
    } catch (error) {
      throw translateS3Error(error, this.place);
    }
  }

  /** Loaded with the first use: the library takes memory that a daemon without a store does not need. */
  async #open(): Promise<Opened> {
    // The version is pinned to one that runs on Node 20; the library says in each process that later ones will not.
    // eslint-disable-next-line no-restricted-syntax -- not a setting: it configures a library
    process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
    const library = await import('@aws-sdk/client-s3');
    const { endpoint, region, accessKeyId, secretAccessKey } = this.#place;
    const { connectMs, requestMs, attempts } = this.#limits;
    const client = new library.S3Client({
      endpoint,
      region,
      credentials: { accessKeyId, secretAccessKey },
      // Buckets of own servers have no names in DNS.
      forcePathStyle: true,
      maxAttempts: attempts,
      // Servers other than Amazon's may lack checksums that nobody asked for; content is compared here.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: {
        connectionTimeout: connectMs,
        requestTimeout: requestMs,
        throwOnRequestTimeout: true,
        socketTimeout: requestMs,
      },
    });
    return { library, client };
  }
}

async function readLimited(
  body: AsyncIterable<Buffer>,
  refuse: () => Error,
  maxBytes: number,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > maxBytes) throw refuse();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
