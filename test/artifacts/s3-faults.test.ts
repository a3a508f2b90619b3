import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { contentName } from '../../src/artifacts/content-name.js';
import { S3Artifacts, type S3Limits, type S3Place } from '../../src/artifacts/s3-artifacts.js';
import { WatchedArtifacts } from '../../src/artifacts/watched-artifacts.js';
import { ManualClock } from '../../src/lib/manual-clock.js';
import { RejectedError, TransientError } from '../../src/lib/errors.js';
import { OwnS3, s3SkipReason } from '../s3-server.js';
import { FaultProxy } from './fault-proxy.js';

const QUICK: S3Limits = { connectMs: 300, requestMs: 500, attempts: 2 };
const BYTES = Buffer.from('a model');
const NAME = contentName(BYTES);

describe.skipIf(s3SkipReason !== undefined)(`S3 (${s3SkipReason ?? 'SeaweedFS'})`, () => {
  let server: OwnS3;
  let proxy: FaultProxy;
  const opened: S3Artifacts[] = [];
  beforeAll(async () => {
    server = await OwnS3.start();
    proxy = new FaultProxy(server.place);
    await proxy.start();
    // With the limits of a daemon: the server's first write takes its time on a busy machine.
    const store = new S3Artifacts(proxy.place);
    opened.push(store);
    await store.put(BYTES);
  });
  afterEach(() => {
    proxy.fault = undefined;
    for (const store of opened.splice(0)) store.close();
  });
  afterAll(async () => {
    await proxy.stop();
    await server.stop();
  });

  const open = (changes: Partial<S3Place> = {}): S3Artifacts => {
    const store = new S3Artifacts({ ...proxy.place, ...changes }, QUICK);
    opened.push(store);
    return store;
  };
  /** What each of the four calls is refused with. */
  const failures = async (store: S3Artifacts): Promise<readonly Error[]> => {
    const calls = [
      store.put(Buffer.from('another model')),
      store.get(NAME, 100),
      store.has(NAME),
      store.remove(contentName(Buffer.from('gone'))),
    ];
    const settled = await Promise.allSettled(calls);
    return settled.map((one) => (one.status === 'rejected' ? (one.reason as Error) : new Error()));
  };

  it('that is away is worth another attempt, whatever was asked', async () => {
    proxy.fault = 'down';
    for (const error of await failures(open())) {
      expect(error).toBeInstanceOf(TransientError);
      expect(error.message).toMatch(/^The bucket models at 127\.0\.0\.1:\d+: ECONN/);
    }
  });

  it('that does not answer is given up after its limit', async () => {
    proxy.fault = 'silent';
    for (const error of await failures(open())) {
      expect(error).toBeInstanceOf(TransientError);
      expect(error.message).toContain('does not answer in time');
    }
  });

  it('that is slow is waited for within its limit, and is no trouble', async () => {
    proxy.fault = 'slow';
    const before = proxy.requests;
    const store = new WatchedArtifacts(open(), new ManualClock(0));
    expect(await store.get(NAME, 100)).toEqual(BYTES);
    expect(await store.has(NAME)).toBe(true);
    expect(store.trouble).toBeUndefined();
    // None was asked twice.
    expect(proxy.requests - before).toBe(2);
  });

  it.each([
    ['secret', { secretAccessKey: 'wrong' }, 'check S3_SECRET_ACCESS_KEY'],
    ['access key', { accessKeyId: 'nobody' }, 'check S3_ACCESS_KEY_ID'],
    ['bucket', { bucket: 'not-there' }, 'set S3_BUCKET'],
  ])('with a wrong %s names the setting and no secret', async (_, changes, fix) => {
    const { secretAccessKey } = server.place;
    const errors = await failures(open(changes));
    expect(errors.map(({ name }) => name)).toEqual(errors.map(() => 'ConfigError'));
    // A HEAD has no body that could say which; what is asked with a body does.
    expect(errors[1]?.message).toContain(fix);
    const said = errors.map(({ message }) => message).join();
    expect(said).not.toContain(secretAccessKey);
    expect(said).toMatch(/S3_/);
  });

  it('that hands out other bytes is refused by hash, also right after a put', async () => {
    proxy.fault = 'lying';
    await expect(open().get(NAME, 100)).rejects.toThrow(RejectedError);
    await expect(open().get(NAME, 100)).rejects.toThrow(/other bytes under .* they are refused/);
    await expect(open().put(Buffer.from('never read back'))).rejects.toThrow(RejectedError);
  });

  it('that is full says so', async () => {
    proxy.fault = 'full';
    const store = open();
    await expect(store.put(Buffer.from('too much'))).rejects.toThrow(TransientError);
    await expect(store.put(Buffer.from('too much'))).rejects.toThrow('is full: make room there');
    expect(await store.has(NAME)).toBe(true);
  });

  it('knows conditional puts', async () => {
    expect(await open().isConditional()).toBe(true);
    expect(await server.names()).toContain(NAME);
  });

  it('is remembered to be away since the first failure, until it answers', async () => {
    const clock = new ManualClock(1_000);
    const store = new WatchedArtifacts(open(), clock);
    expect(await store.has(NAME)).toBe(true);
    expect(store.trouble).toBeUndefined();
    proxy.fault = 'down';
    await expect(store.has(NAME)).rejects.toThrow();
    await clock.advance(600_000);
    await expect(store.get(NAME, 100)).rejects.toThrow();
    expect(store.trouble).toMatchObject({ since: 1_000, lastAt: 601_000 });
    proxy.fault = undefined;
    expect(await store.get(NAME, 100)).toEqual(BYTES);
    expect(store.trouble).toBeUndefined();
  });
});
