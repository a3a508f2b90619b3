import { describe, expect, it } from 'vitest';
import { ManualClock } from './manual-clock.js';

describe('ManualClock', () => {
  it('moves market time at its speed', async () => {
    const clock = new ManualClock(1000, 360, 50_000);
    await clock.advance(10);
    expect([clock.wallMs(), clock.marketMs()]).toEqual([1010, 53_600]);
  });

  it('wakes sleepers in the order in which they are due, at their time', async () => {
    const clock = new ManualClock(0);
    const woken: string[] = [];
    const sleep = async (name: string, durationMs: number): Promise<void> => {
      await clock.sleep(durationMs);
      woken.push(`${name} at ${clock.wallMs()}`);
    };
    const sleepers = [sleep('late', 30), sleep('early', 10)];
    await clock.advance(20);
    expect(woken).toEqual(['early at 10']);
    await clock.advance(20);
    await Promise.all(sleepers);
    expect(woken).toEqual(['early at 10', 'late at 30']);
  });

  it('rejects a sleep that is aborted', async () => {
    const clock = new ManualClock(0);
    const controller = new AbortController();
    const sleeping = clock.sleep(10, controller.signal);
    controller.abort(new Error('enough'));
    await expect(sleeping).rejects.toThrow('enough');
  });
});
