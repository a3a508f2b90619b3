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
      ...['2024-06-09T02:00', '2024-06-16T02:00'],
    ]);
    expect(times('0 2 * * 0', 'Asia/Tokyo', '2024-06-02T02:00:00Z', 1)).toEqual([
      '2024-06-08T17:00',
    ]);
  });

  it('takes a time that the clocks skip in spring right after the gap', () => {
    // Europe/Berlin: 02:00 becomes 03:00 on 31 March 2024.
    expect(times('30 2 * * *', 'Europe/Berlin', '2024-03-29T12:00:00Z', 3)).toEqual([
      ...['2024-03-30T01:30', '2024-03-31T01:00', '2024-04-01T00:30'],
    ]);
  });

  it('takes a time that the clocks repeat in autumn once', () => {
    // Europe/Berlin: 03:00 becomes 02:00 on 27 October 2024.
    expect(times('30 2 * * *', 'Europe/Berlin', '2024-10-25T12:00:00Z', 3)).toEqual([
      ...['2024-10-26T00:30', '2024-10-27T00:30', '2024-10-28T01:30'],
    ]);
  });

  it('keeps every hour over both changes', () => {
    expect(times('0 * * * *', 'Europe/Berlin', '2024-10-26T23:00:00Z', 3)).toEqual([
      ...['2024-10-27T00:00', '2024-10-27T01:00', '2024-10-27T02:00'],
    ]);
    expect(times('0 * * * *', 'Europe/Berlin', '2024-03-30T23:00:00Z', 3)).toEqual([
      ...['2024-03-31T00:00', '2024-03-31T01:00', '2024-03-31T02:00'],
    ]);
  });
});

describe('isCronExpression', () => {
  it.each(['', 'x', '61 * * * *', '* * * *', '* * * * * *', '0 2 30 2 *'])(
    'refuses "%s"',
    (expression) => {
      expect(isCronExpression(expression)).toBe(false);
    },
  );

  it.each(['0 2 * * 0', '0 */6 * * *', '15,45 8-18 * * MON-FRI'])('takes "%s"', (expression) => {
    expect(isCronExpression(expression)).toBe(true);
  });
});
