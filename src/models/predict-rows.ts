import { performance } from 'node:perf_hooks';
import { assertDefined } from '../lib/invariant.js';
import type { Probabilities } from '../domain/signal.js';
import { expectedReturn, toUnweightedProbabilities } from './class-probabilities.js';
import { computeRows, computeWindows, type RowsRequest } from './model-rows.js';
import type { OnnxSession } from './onnx-session.js';
import type { PredictionOutcome } from './predictor-protocol.js';
import { returnProbabilities } from './return-probabilities.js';
import type { ModelSpecification } from './serving-model.js';

const CLASSES = 3;

/**
 * Computes the feature rows of consecutive bars and runs the model over those that are usable and not novel. A bar is
 * answered the same whichever bars are asked about with it.
 *
 * @returns an outcome for each bar, in their order
 */
export async function predictRows(
  request: RowsRequest,
  session: OnnxSession,
): Promise<readonly PredictionOutcome[]> {
  return request.model.windowRows === 1
    ? predictSingleRows(request, session)
    : predictWindows(request, session);
}

/** The same for one bar. */
export async function predictRow(
  { index, ...request }: Omit<RowsRequest, 'fromIndex' | 'toIndex'> & { readonly index: number },
  session: OnnxSession,
): Promise<PredictionOutcome> {
  const [outcome] = await predictRows(
    { ...request, fromIndex: index, toIndex: index + 1 },
    session,
  );
  return assertDefined(outcome, `outcome of bar ${index}`);
}

/** All at once. */
async function predictSingleRows(
  request: RowsRequest,
  session: OnnxSession,
): Promise<readonly PredictionOutcome[]> {
  const { model } = request;
  const rows = computeRows(request);
  const complete = rows.filter((row) => row.status === 'complete');
  if (complete.length === 0) return rows.filter((row) => row.status === 'unavailable');
  const width = complete[0]?.values.length ?? 0;
  const values = new Float32Array(complete.length * width);
  complete.forEach((row, at) => values.set(row.values, at * width));
  const startedAt = performance.now();
  const raw = await session.run(values, complete.length);
  const latencyUs = Math.round(((performance.now() - startedAt) * 1000) / complete.length);
  const answerWidth = raw.length / complete.length;
  let at = 0;
  return rows.map((row): PredictionOutcome => {
    if (row.status === 'unavailable') return row;
    const answer = raw.subarray(at * answerWidth, (at + 1) * answerWidth);
    at += 1;
    return toPredicted(model, answer, latencyUs);
  });
}

/** One after the other. */
async function predictWindows(
  request: RowsRequest,
  session: OnnxSession,
): Promise<readonly PredictionOutcome[]> {
  const outcomes: PredictionOutcome[] = [];
  for (const window of computeWindows(request)) {
    if (window.status === 'unavailable') {
      outcomes.push(window);
      continue;
    }
    const startedAt = performance.now();
    const answer = await session.run(window.values, 1);
    const latencyUs = Math.round((performance.now() - startedAt) * 1000);
    outcomes.push(toPredicted(request.model, answer, latencyUs));
  }
  return outcomes;
}

function toPredicted(
  model: ModelSpecification,
  raw: Float32Array,
  latencyUs: number,
): PredictionOutcome {
  const { featureHash } = model;
  return { status: 'predicted', ...readAnswer(model, raw), latencyUs, featureHash };
}

/** @throws RangeError when these are no probabilities, or no return */
function readAnswer(
  { task, classWeights, classMeanReturns, returnScale }: ModelSpecification,
  raw: Float32Array,
): { readonly probabilities: Probabilities; readonly expectedReturn: number } {
  if (task === 'classifier' || returnScale === undefined) {
    const probabilities = toUnweightedProbabilities(raw.subarray(0, CLASSES), classWeights);
    // A model with a head for the return says it itself.
    const said = raw[CLASSES] ?? expectedReturn(probabilities, classMeanReturns);
    if (!Number.isFinite(said)) throw new RangeError(`${said} is no return`);
    return { probabilities, expectedReturn: said };
  }
  const value = raw[0] ?? NaN;
  if (!Number.isFinite(value)) throw new RangeError(`${value} is no return`);
  return { probabilities: returnProbabilities(value, returnScale), expectedReturn: value };
}
