import type { CandleColumns } from '../../src/domain/candle-columns.js';
import type { Expression } from '../../src/features/definition/expression.js';
import {
  createWorkspace,
  neededSteps,
  planExpressions,
  runPlan,
} from '../../src/features/feature-plan.js';
import { layOutSpan } from '../../src/features/span-inputs.js';

/** Evaluates an expression over the whole of a series, as one span of that length. */
export function evaluateExpression(expression: Expression, series: CandleColumns): Float64Array {
  const plan = planExpressions([expression]);
  const workspace = createWorkspace(plan, series.length);
  const span = {
    start: series.firstIndex,
    firstRow: series.firstIndex,
    endRow: series.firstIndex + series.length,
  };
  const values = new Float64Array(series.length);
  runPlan(workspace, layOutSpan({ series, reference: undefined }, span), {
    needed: neededSteps(plan, plan.outputs),
    take: (step, column) => {
      if (step === plan.outputs[0]) values.set(column);
    },
  });
  return values;
}
