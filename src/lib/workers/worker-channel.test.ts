import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EchoRequest } from '../../../test/workers/echo-worker.js';
import { KeptLogger } from '../../../test/models/kept-logger.js';
import { compiledUrl, startProcess, startThread } from './worker.js';
import { TransientError } from '../errors.js';
import { ManualClock } from '../manual-clock.js';
import { WorkerChannel } from './worker-channel.js';

const WAYS = [
  { way: 'thread', startWorker: startThread },
  { way: 'process', startWorker: startProcess },
];

describe.each(WAYS)('a channel to a worker $way', ({ startWorker }) => {
  let clock: ManualClock;
  let logger: KeptLogger;
  let channel: WorkerChannel<EchoRequest, string>;

  beforeEach(() => {
    clock = new ManualClock(1_700_000_000_000);
    logger = new KeptLogger();
    channel = new WorkerChannel({
      name: 'echo',
      startWorker,
      url: compiledUrl(import.meta.url, '../../../test/workers/echo-worker.js'),
      clock,
      logger,
      callTimeoutMs: 1_000,
      maxOldGenerationMb: 24,
      maxStarts: 3,
      startWindowMs: 60_000,
    });
  });

  afterEach(() => channel.stop());

  const echo = (text: string): Promise<string> => channel.call({ kind: 'echo', text });

  it('gives each caller its own answer', async () => {
    const texts = Array.from({ length: 50 }, (_, number) => `text ${number}`);
    expect(await Promise.all(texts.map(echo))).toEqual(texts);
    expect(channel.generation).toBe(1);
  });

  it.each(['throw', 'exit', 'fill_memory'] as const)(
    'tells all who wait when the worker dies (%s), and starts another',
    async (kind) => {
      await echo('before');
      const calls = await Promise.allSettled([
        channel.call({ kind: 'silence' }),
        channel.call({ kind }),
        echo('after'),
      ]);
      for (const call of calls) {
        expect(call.status).toBe('rejected');
        expect(call.status === 'rejected' && call.reason).toBeInstanceOf(TransientError);
      }
      expect(await echo('again')).toBe('again');
      expect(channel.generation).toBe(2);
      expect(logger.messages('error')).toEqual(['echo lost']);
    },
  );

  it('gives up a worker that hangs once the time of a call is over', async () => {
    await echo('before');
    const hung = channel.call({ kind: 'hang' });
    const behind = echo('behind');
    const settled = Promise.allSettled([hung, behind]);
    await clock.advance(1_000);
    const [first, second] = await settled;
    expect(first.status === 'rejected' && String(first.reason)).toContain(
      'no answer within 1000 ms',
    );
    expect(second.status).toBe('rejected');
    expect(await echo('again')).toBe('again');
  });

  it('does not start a dying worker for ever, and tries again later', async () => {
    for (let start = 0; start < 3; start++) {
      await expect(channel.call({ kind: 'throw' })).rejects.toThrow('the worker broke');
    }
    await expect(echo('refused')).rejects.toThrow('started 3 times within 60 s');
    await clock.advance(60_000);
    expect(await echo('again')).toBe('again');
  });

  it('rests between calls, without counting as a failure', async () => {
    for (let round = 0; round < 10; round++) {
      expect(await echo('awake')).toBe('awake');
      await channel.rest();
    }
    expect(logger.messages('error')).toEqual([]);
  });

  it('refuses calls once stopped, and stopping again does nothing', async () => {
    const waiting = channel.call({ kind: 'silence' });
    const refused = expect(waiting).rejects.toBeInstanceOf(TransientError);
    const stopped = channel.stop();
    await clock.advance(3_000);
    await stopped;
    await channel.stop();
    await refused;
    await expect(echo('late')).rejects.toThrow('echo is stopped');
  });

  it('lets the call under way end before its worker does', async () => {
    const last = echo('last');
    await channel.stop();
    await expect(last).resolves.toBe('last');
  });
});
