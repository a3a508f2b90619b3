import { describe, expect, it } from 'vitest';
import { isCronExpression, nextOccurrence } from './cron.js';

const times = (expression: string, timeZone: string, from: string, count: number): string[] => {
  const found: string[] = [];
  let after = Date.parse(from);
  for (let at = 0; at < count; at++) {
    after = nextOccurrence({ expression, timeZone }, after) ?? NaN;
    found.push(new Date(after).toISOString().slice(0, 16));
  }
  return found;
};

describe('nextOccurrence', () => {
  it('is strictly later, by the clock of its time zone', () => {
    expect(times('0 2 * * 0', 'UTC', '2024-06-02T02:00:00Z', 2)).toEqual([
      '2024-06-09T02:00',
      '2024-06-16T02:00',
    ]);
    expect(times('0 2 * * 0', 'Asia/Tokyo', '2024-06-02T02:00:00Z', 1)).toEqual([
      '2024-06-08T17:00',
    ]);
  });

  it('happens at the end of the gap where the clocks skip its time in spring', () => {
    // Europe/Berlin: 02:00 becomes 03:00 on 31 March 2024.
    expect(times('30 2 * * *', 'Europe/Berlin', '2024-03-29T12:00:00Z', 3)).toEqual([
      '2024-03-30T01:30',
      '2024-03-31T01:00',
      '2024-04-01T00:30',
    ]);
  });

  it('loses no week where spring skips its only time of the week', () => {
    // Europe/Berlin: 29 March 2026 is a Sunday. node-cron by itself goes on to 5 April.
    expect(times('0 2 * * 0', 'Europe/Berlin', '2026-03-22T12:00:00Z', 2)).toEqual([
      '2026-03-29T01:00',
      '2026-04-05T00:00',
    ]);
  });

  it('happens once where the clocks repeat its time in autumn', () => {
    // Europe/Berlin: 03:00 becomes 02:00 on 27 October 2024.
    expect(times('30 2 * * *', 'Europe/Berlin', '2024-10-25T12:00:00Z', 3)).toEqual([
      '2024-10-26T00:30',
      '2024-10-27T00:30',
      '2024-10-28T01:30',
    ]);
  });

  it('is strictly later between the two passes of a repeated hour', () => {
    // 02:30 CEST was at 00:30 UTC; 02:30 CET, an hour later, is not a second run.
    expect(times('30 2 * * *', 'Europe/Berlin', '2024-10-27T00:45:00Z', 1)).toEqual([
      '2024-10-28T01:30',
    ]);
  });

  it('keeps every hour over both changes', () => {
    expect(times('0 * * * *', 'Europe/Berlin', '2024-10-26T23:00:00Z', 3)).toEqual([
      '2024-10-27T00:00',
      '2024-10-27T01:00',
      '2024-10-27T02:00',
    ]);
    expect(times('0 * * * *', 'Europe/Berlin', '2024-03-30T23:00:00Z', 3)).toEqual([
      '2024-03-31T00:00',
      '2024-03-31T01:00',
      '2024-03-31T02:00',
    ]);
    expect(times('30 * * * *', 'Europe/Berlin', '2024-03-31T00:00:00Z', 2)).toEqual([
      '2024-03-31T00:30',
      '2024-03-31T01:30',
    ]);
  });

  it('happens at the end of the gap where a zone skips midnight', () => {
    // America/Santiago: 00:00 becomes 01:00 (04:00 UTC) on 8 September 2024.
    expect(times('0 0 * * *', 'America/Santiago', '2024-09-07T12:00:00Z', 2)).toEqual([
      '2024-09-08T04:00',
      '2024-09-09T03:00',
    ]);
  });

  it('finds 29 February across a century without one', () => {
    expect(times('0 0 29 2 *', 'UTC', '2096-03-01T00:00:00Z', 1)).toEqual(['2104-02-29T00:00']);
  });

  it('does not depend on the time zone of the host', () => {
    const before = process.env['TZ'];
    process.env['TZ'] = 'Pacific/Auckland';
    expect(times('30 2 * * *', 'Europe/Berlin', '2024-03-30T12:00:00Z', 1)).toEqual([
      '2024-03-31T01:00',
    ]);
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
  });
});

describe('isCronExpression', () => {
  it.each(['', 'x', '61 * * * *', '* * * *', '* * * * * *', '0 2 30 2 *'])(
    'refuses "%s"',
    (expression) => {
      expect(isCronExpression(expression)).toBe(false);
    },
  );

  it.each(['0 0 1 * 1', '@daily', '0 0 L * *', '0 0 15W * *', '0 0 * * 5#2'])(
    'refuses "%s", which cron(8) reads in another way or not at all',
    (expression) => {
      expect(isCronExpression(expression)).toBe(false);
    },
  );

  it.each(['0 2 * * 0', '0 */6 * * *', '15,45 8-18 * * MON-FRI'])('takes "%s"', (expression) => {
    expect(isCronExpression(expression)).toBe(true);
  });
});
