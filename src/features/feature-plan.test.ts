import { describe, expect, it } from 'vitest';
import { CATALOGUE } from './catalogue.js';
import { derive } from './definition/expression.js';
import {
  createWorkspace,
  neededSteps,
  planExpressions,
  runPlan,
  type BlockInputs,
} from './feature-plan.js';
import { lag, minus, over } from './indicators/arithmetic.js';
import { ema } from './indicators/averages.js';
import { BASE, NEAR } from './indicators/inputs.js';
import { mean } from './indicators/windows.js';
import { absolute } from './kernels/elementwise.js';

const { close, high } = BASE;

describe('a plan', () => {
  it('computes a shared column once and after its inputs', () => {
    const plan = planExpressions([minus(close, mean(close, 20)), over(close, mean(close, 20))]);
    const formulas = plan.steps.map(({ expression }) => expression.formula);
    expect(new Set(formulas).size).toBe(formulas.length);
    expect(formulas.filter((formula) => formula === 'mean(close, 20)')).toHaveLength(1);
    plan.steps.forEach(({ inputs }, at) => {
      for (const input of inputs) expect(input).toBeLessThan(at);
    });
  });

  it('asks inputs as far back as their readers look', () => {
    const plan = planExpressions([lag(mean(close, 5), 7), ema(high, 9)]);
    const marginOf = (formula: string): number | undefined =>
      plan.steps.find(({ expression }) => expression.formula === formula)?.marginBars;
    expect(marginOf('close')).toBe(7 + 4);
    expect(marginOf('high')).toBe(Infinity);
    expect(marginOf('EMA(high, 9)')).toBe(0);
  });

  it('marks only what the wanted outputs need', () => {
    const plan = planExpressions([mean(close, 5), mean(high, 5)]);
    const needed = neededSteps(plan, plan.outputs.slice(1));
    const marked = plan.steps.filter((_, at) => needed[at] === 1);
    expect(marked.map(({ expression }) => expression.formula)).not.toContain('close');
    expect(marked.map(({ expression }) => expression.formula)).toContain('high');
  });

  it('writes rows and what they need, and nothing else', () => {
    const plan = planExpressions([minus(close, high)]);
    const workspace = createWorkspace(plan, 10);
    let out: readonly number[] = [];
    const block: BlockInputs = {
      rows: { from: 6, end: 9, phase: 0 },
      nearLength: 0,
      farLength: 0,
      fill: (leaf, column) => column.fill(leaf === 'base.close' ? 5 : 3),
    };
    runPlan(workspace, block, {
      needed: neededSteps(plan, plan.outputs),
      take: (step, column) => {
        if (step === plan.outputs[0]) out = [...column];
      },
    });
    expect(out).toEqual([0, 0, 0, 0, 0, 0, 2, 2, 2, 0]);
  });

  it('never hands a step the buffer of one that is still to be read', () => {
    const plan = planExpressions(CATALOGUE.map(({ expression }) => expression));
    const { bound } = createWorkspace(plan);
    const writers = new Map<Float64Array, number>();
    plan.steps.forEach(({ inputs }, at) => {
      for (const input of inputs) {
        expect(writers.get(bound[input]?.out ?? new Float64Array(0))).toBe(input);
      }
      const out = bound[at]?.out ?? new Float64Array(0);
      expect(inputs.some((input) => bound[input]?.out === out)).toBe(false);
      writers.set(out, at);
    });
    expect(writers.size).toBeLessThan(plan.steps.length / 4);
  });
});

describe('an expression', () => {
  it('may not mix bars of different timeframes', () => {
    expect(() => minus(close, NEAR.close)).toThrow(/different timeframes/);
  });

  it('adds its lookback to the reach of its inputs, up to the span', () => {
    expect(lag(mean(close, 5), 7).reachBars).toBe(12);
    expect(ema(close, 3).reachBars).toBe(640);
    const inputs = [close] as const;
    const far = derive({ formula: 'far', inputs, lookbackBars: 9000, kernel: absolute });
    expect(far.reachBars).toBe(640);
  });
});
