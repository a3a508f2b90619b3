import { describe, expect, it } from 'vitest';
import { Turns } from './turns.js';

describe('Turns', () => {
  it('does one after another, and the urgent before what waits, once', async () => {
    const turns = new Turns();
    const done: string[] = [];
    const work = (name: string) => async (): Promise<void> => {
      done.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 1));
      done.push(`${name} ends`);
    };
    const first = turns.take(async () => {
      await work('first')();
      void turns.takeNext(work('urgent'));
    });
    void turns.take(work('second'));
    await first;
    await turns.settled();
    expect(done).toEqual(
      ['first', 'urgent', 'second'].flatMap((name) => [`${name} begins`, `${name} ends`]),
    );
  });

  it('tells a failure to who handed the work in, and goes on', async () => {
    const turns = new Turns();
    const failed = turns.takeNext(() => Promise.reject(new Error('a broken plan')));
    const next = turns.take(() => Promise.resolve('done'));
    await expect(failed).rejects.toThrow('a broken plan');
    await expect(next).resolves.toBe('done');
  });
});
