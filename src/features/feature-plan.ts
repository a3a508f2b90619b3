import type { Expression, LeafName } from './definition/expression.js';
import { SUM_BLOCK_BARS, type Column, type Kernel, type Range } from './kernels/kernel.js';
import { assertDefined } from '../lib/invariant.js';
import { SPAN_BARS } from './definition/block-layout.js';

interface Step {
  readonly expression: Expression;
  /** Steps that compute the inputs; all of them come before this one. */
  readonly inputs: readonly number[];
  /** How many positions before the first row are needed; Infinity for all of the span. */
  readonly marginBars: number;
}

/** What must be computed, in which order and how far back, so that shared columns are computed once. */
export interface FeaturePlan {
  readonly steps: readonly Step[];
  /** For each expression asked for, the step that computes it. */
  readonly outputs: readonly number[];
}

export function planExpressions(expressions: readonly Expression[]): FeaturePlan {
  const order: Expression[] = [];
  const numbers = new Map<string, number>();
  const outputs = expressions.map((expression) => number(expression, { order, numbers }));
  const inputsOf = order.map((expression) =>
    expression.inputs.map((input) => assertDefined(numbers.get(input.formula), input.formula)),
  );
  const margins = marginsOf(order, inputsOf);
  const steps = order.map((expression, at) => ({
    expression,
    inputs: inputsOf[at] ?? [],
    marginBars: margins[at] ?? 0,
  }));
  return { steps, outputs };
}

interface Numbering {
  readonly order: Expression[];
  readonly numbers: Map<string, number>;
}

/** Numbers an expression after all of its inputs; equal formulas share a number. */
function number(expression: Expression, numbering: Numbering): number {
  const known = numbering.numbers.get(expression.formula);
  if (known !== undefined) return known;
  for (const input of expression.inputs) number(input, numbering);
  numbering.numbers.set(expression.formula, numbering.order.length);
  return numbering.order.push(expression) - 1;
}

/** From the outputs back: an input is needed as far back as its readers and their lookback reach. */
function marginsOf(
  order: readonly Expression[],
  inputsOf: readonly (readonly number[])[],
): readonly number[] {
  const margins = order.map(() => 0);
  for (let at = order.length - 1; at >= 0; at--) {
    const needed = (margins[at] ?? 0) + (order[at]?.lookbackBars ?? 0);
    for (const input of inputsOf[at] ?? []) {
      margins[input] = Math.max(margins[input] ?? 0, needed);
    }
  }
  return margins;
}

interface BoundStep {
  readonly leaf: LeafName | undefined;
  readonly kernel: Kernel<readonly Column[]> | undefined;
  readonly inputs: readonly Column[];
  readonly out: Column;
  readonly isWhole: boolean;
  readonly marginBars: number;
  readonly startsAtBlock: boolean;
  readonly isBase: boolean;
  readonly isNear: boolean;
}

/**
 * A plan with its buffers. Holds no result between blocks: each block overwrites what it reads. A buffer
 * is used again once its last reader is computed, which keeps all of them in the processor's cache.
 */
export interface Workspace {
  readonly plan: FeaturePlan;
  readonly bound: readonly BoundStep[];
}

export function createWorkspace(plan: FeaturePlan, spanBars = SPAN_BARS): Workspace {
  const buffers = assignBuffers(plan, spanBars);
  const bufferOf = (at: number): Column => assertDefined(buffers[at], `buffer ${at}`);
  const bound = plan.steps.map(({ expression, inputs, marginBars }, at) => ({
    leaf: expression.leaf,
    kernel: expression.kernel,
    inputs: inputs.map(bufferOf),
    out: bufferOf(at),
    isWhole: expression.lookbackBars === Infinity || marginBars === Infinity,
    marginBars,
    startsAtBlock: expression.startsAtBlock,
    isBase: expression.grid === 'base',
    isNear: expression.grid === 'near',
  }));
  return { plan, bound };
}

/** Hands each step a buffer that no step still to be read occupies. */
function assignBuffers(plan: FeaturePlan, spanBars: number): readonly Column[] {
  const lastReaders = plan.steps.map((_, at) => at);
  plan.steps.forEach(({ inputs }, at) => {
    for (const input of inputs) lastReaders[input] = at;
  });
  const assigned: Column[] = [];
  const free: Column[] = [];
  plan.steps.forEach(({ inputs }, at) => {
    assigned.push(free.pop() ?? new Float64Array(spanBars));
    for (const done of new Set([...inputs, at])) {
      const buffer = assigned[done];
      if (lastReaders[done] === at && buffer !== undefined) free.push(buffer);
    }
  });
  return assigned;
}

/** Marks the steps that these outputs need. */
export function neededSteps(plan: FeaturePlan, outputs: readonly number[]): Uint8Array {
  const needed = new Uint8Array(plan.steps.length);
  for (const output of outputs) needed[output] = 1;
  for (let at = plan.steps.length - 1; at >= 0; at--) {
    if (needed[at] === 0) continue;
    for (const input of plan.steps[at]?.inputs ?? []) needed[input] = 1;
  }
  return needed;
}

/** The bars of one block: where its rows lie, how long its grids are, and its input columns. */
export interface BlockInputs {
  readonly rows: Range;
  readonly nearLength: number;
  readonly farLength: number;
  fill(leaf: LeafName, out: Column): void;
}

/** What a run computes, and who takes each column as soon as it is there: its buffer is used again. */
export interface Demand {
  /** 1 for each step to be computed, from `neededSteps`. */
  readonly needed: Uint8Array;
  readonly take: (step: number, column: Column) => void;
}

/** Computes the needed steps for one block. */
export function runPlan(workspace: Workspace, block: BlockInputs, { needed, take }: Demand): void {
  const { bound } = workspace;
  const near: Range = { from: 0, end: block.nearLength, phase: 0 };
  const far: Range = { from: 0, end: block.farLength, phase: 0 };
  for (let at = 0; at < bound.length; at++) {
    const step = bound[at];
    if (needed[at] === 0 || step === undefined) continue;
    if (step.leaf !== undefined) {
      block.fill(step.leaf, step.out);
    } else {
      const range = step.isBase ? rangeOf(step, block.rows) : step.isNear ? near : far;
      step.kernel?.(step.out, step.inputs, range);
    }
    take(at, step.out);
  }
}

function rangeOf(step: BoundStep, { from, end, phase }: Range): Range {
  if (step.isWhole) return { from: 0, end, phase };
  const first = from - step.marginBars;
  const start = step.startsAtBlock ? first - ((first - phase) & (SUM_BLOCK_BARS - 1)) : first;
  return { from: Math.max(start, 0), end, phase };
}
