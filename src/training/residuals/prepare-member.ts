import type { PooledModel } from '../../domain/pooled-model.js';
import { timeframeMs } from '../../domain/timeframe.js';
import type { PreparedData, Preparation, PrepareRequest } from '../dataset/prepare-data.js';
import type { DeskFailure, TrainingDesk } from '../worker/training-worker-client.js';
import type { AttemptContext } from '../attempt/attempt-context.js';
import { toPrepareRequest, toSeriesRequest } from '../attempt/training-requests.js';
import type { PoolFinding } from './find-pool.js';
import type { Pooling } from './pooling.js';

export interface PreparedMember {
  readonly preparation: Preparation | DeskFailure;
  readonly pooling: Pooling;
}

/** Prepares a job's data: with the pooled model's features where it may be its base, else with all. */
export async function prepareMember(
  context: AttemptContext & { readonly desk: Pick<TrainingDesk, 'prepare'> },
  finding: Exclude<PoolFinding, { status: 'aborted' }>,
): Promise<PreparedMember> {
  if (finding.status === 'plain') {
    const asked = await toPrepareRequest(context);
    return { preparation: await context.desk.prepare(asked), pooling: finding };
  }
  const request = await toSeriesRequest(context);
  const { pool } = finding;
  const withPool = { ...request, candidateFeatures: pool.features, keepConstantFeatures: true };
  const preparation = await context.desk.prepare(withPool);
  const obstacle = findObstacle(pool, preparation, request);
  if (obstacle === undefined) return { preparation, pooling: { status: 'residual', pool } };
  const pooling = { status: 'plain', reason: obstacle } as const;
  return { preparation: await context.desk.prepare(request), pooling };
}

/** Why the pooled model cannot be the instrument's base; undefined when it can. */
function findObstacle(
  pool: PooledModel,
  preparation: Preparation | DeskFailure,
  request: PrepareRequest,
): string | undefined {
  if (preparation.status !== 'prepared') return 'too few rows have the pooled features';
  const missing = pool.features.filter((name) => !preparation.names.includes(name));
  if (missing.length > 0)
    return `it lacks ${missing.length} pooled features (${missing[0] ?? ''} …)`;
  if (!isHonest(pool, preparation, request)) return 'its test part begins before the pooled cut';
  return undefined;
}

/** Whether the pooled fit ended, by the embargo at least, before the first row to be judged on. */
function isHonest(
  { cutAt }: PooledModel,
  { cuts }: PreparedData,
  { embargoBars, timeframe }: PrepareRequest,
): boolean {
  return cutAt !== undefined && cutAt + embargoBars * timeframeMs(timeframe) <= cuts.testFrom;
}
