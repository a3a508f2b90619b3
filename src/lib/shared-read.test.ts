import { describe, expect, it } from 'vitest';
import { ManualClock } from './manual-clock.js';
import { sharedRead } from './shared-read.js';

describe('a shared read', () => {
  it('is done once for all callers within its age, and then again', async () => {
    const clock = new ManualClock(1000);
    let reads = 0;
    const read = sharedRead(async () => ++reads, { clock, maxAgeMs: 250 });
    expect(await Promise.all([read(), read(), read()])).toEqual([1, 1, 1]);
    await clock.advance(249);
    expect(await read()).toBe(1);
    await clock.advance(1);
    expect(await read()).toBe(2);
  });

  it('that failed is tried again at once', async () => {
    const clock = new ManualClock(1000);
    let reads = 0;
    const read = sharedRead(
      async () => {
        if (++reads === 1) throw new Error('not yet');
        return reads;
      },
      { clock, maxAgeMs: 250 },
    );
    await expect(read()).rejects.toThrow('not yet');
    expect(await read()).toBe(2);
  });

  it('is done again when the clock was set back', async () => {
    let wall = 1_000_000;
    let reads = 0;
    const read = sharedRead(async () => ++reads, { clock: { wallMs: () => wall }, maxAgeMs: 250 });
    await read();
    wall -= 60_000;
    expect(await read()).toBe(2);
  });
});
