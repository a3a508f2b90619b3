import type { BaseModel } from '../../domain/base-model.js';
import { timeframeMs } from '../../domain/timeframe.js';
import type { PreparedData, Preparation, PrepareRequest } from '../dataset/prepare-data.js';
import type {
  TrainingWorkerFailure,
  TrainingWorkerClient,
} from '../worker/training-worker-client.js';
import type { AttemptContext } from '../preparation/attempt-context.js';
import { rowCount } from '../dataset/split.js';
import { toPrepareRequest, toSeriesRequest, withFeatures } from '../preparation/prepare-request.js';
import type { BaseModelFinding } from './find-base-model.js';

/** What a model is fitted on: the base model of its session, or nothing, and why. */
export type ModelBasis =
  | { readonly status: 'residual'; readonly baseModel: BaseModel }
  | { readonly status: 'plain'; readonly reason: string };

export interface PreparedMember {
  readonly preparation: Preparation | TrainingWorkerFailure;
  readonly basis: ModelBasis;
}

/**
 * A base model was cut by rows that had all candidates, a member's may begin earlier: its test part then begins a little
 * later than usual. One that would keep less than this share of it is judged without the base model.
 */
const LEAST_TEST_SHARE = 0.5;

/** Prepares a job's data: with the features of the base model where it can be used, else with all. */
export async function prepareMember(
  context: AttemptContext & { readonly trainingWorker: Pick<TrainingWorkerClient, 'prepare'> },
  finding: Exclude<BaseModelFinding, { status: 'aborted' }>,
): Promise<PreparedMember> {
  if (finding.status === 'plain') {
    const asked = await toPrepareRequest(context);
    return { preparation: await context.trainingWorker.prepare(asked), basis: finding };
  }
  const request = await toSeriesRequest(context);
  const { baseModel } = finding;
  const withBaseModel = {
    ...request,
    ...withFeatures(request, baseModel.features),
    keepConstantFeatures: true,
    seenUntil: baseModel.cutAt,
  };
  const preparation = await context.trainingWorker.prepare(withBaseModel);
  const obstacle = findObstacle(baseModel, preparation, request);
  if (obstacle === undefined) return { preparation, basis: { status: 'residual', baseModel } };
  const basis = { status: 'plain', reason: obstacle } as const;
  return { preparation: await context.trainingWorker.prepare(request), basis };
}

/** Why the instrument cannot use the base model; undefined when it can. */
function findObstacle(
  baseModel: BaseModel,
  preparation: Preparation | TrainingWorkerFailure,
  request: PrepareRequest,
): string | undefined {
  if (preparation.status !== 'prepared') return 'too few rows have the features of the base model';
  const missing = baseModel.features.filter((name) => !preparation.names.includes(name));
  if (missing.length > 0)
    return `it lacks ${missing.length} features of the base model (${missing[0] ?? ''} …)`;
  if (!isLeakFree(baseModel, preparation, request))
    return 'its test part begins before the cut of the base model';
  const { split, samples } = preparation;
  const usualRows = samples * (1 - request.trainFraction - request.validationFraction);
  if (rowCount(split.test) < LEAST_TEST_SHARE * usualRows)
    return 'its candles end too soon after the cut of the base model';
  return undefined;
}

/** Whether the base model's cut lies before the first test row, by the embargo at least: `seenUntil` sees to it, and a leak would be believed. */
function isLeakFree(
  { cutAt }: BaseModel,
  { cuts }: PreparedData,
  { embargoBars, timeframe }: PrepareRequest,
): boolean {
  return cutAt !== undefined && cutAt + embargoBars * timeframeMs(timeframe) <= cuts.testFrom;
}
