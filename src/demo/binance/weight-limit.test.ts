import { describe, expect, it } from 'vitest';
import { ManualWall } from '../../../test/demo/demo-fixture.js';
import { RateRefusal, WeightLimit } from './weight-limit.js';

const MINUTE_MS = 60_000;

function refusalOf(limit: WeightLimit, weight: number): RateRefusal | undefined {
  try {
    limit.charge(weight);
    return undefined;
  } catch (error) {
    if (error instanceof RateRefusal) return error;
    throw error;
  }
}

describe('request weight', () => {
  it('adds up within a minute and starts at zero in the next', () => {
    const wall = new ManualWall(100 * MINUTE_MS);
    const limit = new WeightLimit(wall, 100);
    limit.charge(60);
    limit.charge(40);
    expect(limit.usedWeight).toBe(100);
    wall.advance(MINUTE_MS);
    limit.charge(1);
    expect(limit.usedWeight).toBe(1);
  });

  it('is refused with 429 above the limit, telling the seconds to the next minute', () => {
    const wall = new ManualWall(100 * MINUTE_MS + 42_500);
    const limit = new WeightLimit(wall, 100);
    const refusal = refusalOf(limit, 101);
    expect([refusal?.status, refusal?.code, refusal?.retryAfterSec]).toEqual([429, -1003, 18]);
    wall.advance(17_500);
    expect(refusalOf(limit, 1)).toBeUndefined();
  });

  it('leads to a ban of two minutes for who does not stop', () => {
    const wall = new ManualWall(100 * MINUTE_MS);
    const limit = new WeightLimit(wall, 1);
    limit.charge(1);
    const statuses = Array.from({ length: 51 }, () => refusalOf(limit, 1)?.status);
    expect(statuses.slice(0, 50)).toEqual(Array<number>(50).fill(429));
    expect(statuses[50]).toBe(418);
    wall.advance(MINUTE_MS);
    expect(refusalOf(limit, 1)?.retryAfterSec).toBe(60);
    wall.advance(MINUTE_MS);
    expect(refusalOf(limit, 1)).toBeUndefined();
  });
});
