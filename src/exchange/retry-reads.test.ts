import { describe, expect, test } from 'vitest';
import { RejectedError, TransientError } from '../lib/errors.js';
import { createReadRetry, rejectOnAbort, type ReadRetryOptions } from './retry-reads.js';

function retryWith(options: Partial<ReadRetryOptions> = {}) {
  return createReadRetry({
    attempts: 3,
    initialDelayMs: 1,
    maxDelayMs: 2,
    retryAfterMs: () => 0,
    maxRetryAfterMs: 10,
    random: () => 0,
    ...options,
  });
}

function failing(
  times: number,
  error: Error,
): { call: () => Promise<string>; count: () => number } {
  let count = 0;
  const call = async (): Promise<string> => {
    count++;
    if (count <= times) throw error;
    return 'read';
  };
  return { call, count: () => count };
}

describe('createReadRetry', () => {
  test('repeats what is transient until it succeeds', async () => {
    const { call, count } = failing(2, new TransientError('busy'));
    await expect(retryWith()(call)).resolves.toBe('read');
    expect(count()).toBe(3);
  });

  test('gives up after the attempts with the last error', async () => {
    const { call, count } = failing(9, new TransientError('busy'));
    await expect(retryWith()(call)).rejects.toThrow('busy');
    expect(count()).toBe(3);
  });

  test('does not repeat what is rejected', async () => {
    const { call, count } = failing(9, new RejectedError('no such symbol'));
    await expect(retryWith()(call)).rejects.toThrow('no such symbol');
    expect(count()).toBe(1);
  });

  test('does not wait for a venue that asks for too long', async () => {
    const { call, count } = failing(9, new TransientError('busy'));
    await expect(retryWith({ retryAfterMs: () => 60_000 })(call)).rejects.toThrow('busy');
    expect(count()).toBe(1);
  });

  test('lets the caller go as soon as it aborts, also while waiting', async () => {
    const aborter = new AbortController();
    const { call, count } = failing(9, new TransientError('busy'));
    const reading = retryWith({ initialDelayMs: 200, maxDelayMs: 200 })(call, aborter.signal);
    setImmediate(() => aborter.abort(new Error('stop')));
    await expect(reading).rejects.toThrow('stop');
    expect(count()).toBe(1);
  });
});

test('a signal that aborted before wins over work that is done', async () => {
  const signal = AbortSignal.abort(new Error('stopped'));
  await expect(rejectOnAbort(Promise.resolve(1), signal)).rejects.toThrow('stopped');
});
