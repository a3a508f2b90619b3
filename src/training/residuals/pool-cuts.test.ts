import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planPool, type PoolMember } from './pool-cuts.js';

/** A member whose parts are 70/15/15 of a window that begins and ends so, with a gap of 8 at each cut. */
function member(symbol: string, { from = 0, to = 1000, features = 20 } = {}): PoolMember {
  const at = (share: number): number => from + share * (to - from);
  return {
    symbol,
    filePath: `/members/${symbol}`,
    names: Array.from({ length: features }, (_, number) => `f${number}`),
    rows: to - from,
    dataFrom: from,
    dataEnd: to,
    cuts: {
      trainTo: at(0.7) - 9,
      validationFrom: at(0.7),
      validationTo: at(0.85) - 9,
      testFrom: at(0.85),
    },
  };
}

describe('a pool', () => {
  it('is cut at the earliest cut of its members', () => {
    const plan = planPool([member('A'), member('B', { from: 20 }), member('C', { to: 980 })]);
    expect(plan.members.map(({ symbol }) => symbol)).toEqual(['A', 'B', 'C']);
    expect(plan.cuts).toEqual({ trainTo: 677, validationFrom: 686, validationTo: 824 });
  });

  it('keeps the purge between its parts for every set of members', () => {
    const { cuts } = planPool([member('A'), member('B', { from: 200 }), member('C', { to: 990 })]);
    expect(cuts.validationFrom - cuts.trainTo).toBeGreaterThanOrEqual(9);
  });

  it('is not cut by the parts of a member that was listed late', () => {
    const plan = planPool([member('A'), member('B'), member('LATE', { from: 600 })]);
    expect(plan.members.map(({ symbol }) => symbol)).toEqual(['A', 'B', 'LATE']);
    expect(plan.cuts).toEqual(planPool([member('A'), member('B')]).cuts);
  });

  it('leaves out a member that was listed after the training part of the others', () => {
    const plan = planPool([member('A'), member('B'), member('NEW', { from: 800 })]);
    expect(plan.members.map(({ symbol }) => symbol)).toEqual(['A', 'B']);
    expect(plan.leftOut['NEW']).toContain('begin after');
  });

  it('has parts that follow each other, with the gap, whatever its members are', () => {
    const spans = fc.record({
      from: fc.integer({ min: 0, max: 900 }),
      bars: fc.integer({ min: 100, max: 1000 }),
    });
    fc.assert(
      fc.property(fc.array(spans, { minLength: 1, maxLength: 8 }), (drawn) => {
        const found = drawn.map(({ from, bars }, at) =>
          member(`M${at}`, { from, to: from + bars }),
        );
        const { members, cuts } = planPool(found);
        expect(members.length).toBeGreaterThan(0);
        expect(cuts.validationFrom - cuts.trainTo).toBeGreaterThanOrEqual(9 - 1e-9);
        expect(cuts.validationTo).toBeGreaterThan(cuts.validationFrom);
        for (const one of members) expect(cuts.validationTo).toBeLessThan(one.cuts.testFrom);
      }),
    );
  });

  it("leaves out a member whose candles end long before the others'", () => {
    const plan = planPool([member('A'), member('B'), member('C'), member('DEAD', { to: 700 })]);
    expect(plan.members.map(({ symbol }) => symbol)).toEqual(['A', 'B', 'C']);
    expect(plan.leftOut['DEAD']).toContain('end before');
    expect(plan.cuts.validationTo).toBe(841);
  });

  it('takes the features that all members have, and leaves out a member that lacks many', () => {
    const young = member('YOUNG', { features: 10 });
    const plan = planPool([member('A'), member('B', { features: 19 }), young]);
    expect(plan.candidates).toHaveLength(19);
    expect(plan.leftOut).toEqual({ YOUNG: 'it has 10 features, others 20' });
  });

  it('is empty without instruments', () => {
    expect(planPool([])).toMatchObject({ members: [], candidates: [], leftOut: {} });
  });
});
