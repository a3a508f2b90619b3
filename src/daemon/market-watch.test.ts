import { expect, test } from 'vitest';
import { TransientError } from '../lib/errors.js';
import { MarketWatch, type MarketWatchOptions } from './market-watch.js';

const MINUTE_MS = 60_000;

/** @returns the minutes, of the first `hours`, at which the venue was asked */
async function askedAt(
  hours: number,
  options: { readonly isLacking?: boolean; readonly reload?: () => Promise<void> } = {},
): Promise<number[]> {
  let minute = 0;
  const asked: number[] = [];
  const clock = { marketMs: () => minute * MINUTE_MS, speed: 1 };
  const reload = async (): Promise<void> => {
    asked.push(minute);
    await options.reload?.();
  };
  const watch = new MarketWatch({
    marketData: { clock, reload } as unknown as MarketWatchOptions['marketData'],
    lacksSymbols: () => options.isLacking ?? false,
    onReloaded: () => Promise.resolve(),
  });
  const { signal } = new AbortController();
  for (; minute <= hours * 60; minute++) await watch.poll(signal).catch(() => undefined);
  return asked;
}

test('reads the markets again once a day', async () => {
  expect(await askedAt(49)).toEqual([1440, 2880]);
});

test('asks after ten minutes for a symbol that is missing, and then ever more rarely', async () => {
  expect(await askedAt(6, { isLacking: true })).toEqual([10, 30, 70, 150, 310]);
});

test('asks a venue that does not answer once a minute', async () => {
  const reload = () => Promise.reject(new TransientError('away'));
  expect(await askedAt(24.05, { reload })).toEqual([1440, 1441, 1442, 1443]);
});
