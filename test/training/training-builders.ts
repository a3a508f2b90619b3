import type { ModelKey } from '../../src/domain/model-key.js';
import type { ModelRecord } from '../../src/domain/model-record.js';
import type { TrainingJob } from '../../src/domain/training-job.js';
import type { Stores } from '../../src/storage/stores.js';
import { featureHash } from '../../src/features/feature-hash.js';

/** Records and jobs for tests that look at one field and need all the others too. */

export const BTC: ModelKey = {
  venue: 'test',
  symbol: 'BTC/USDT',
  timeframe: '1h',
  bot: 'catboost',
};

const FEATURES = ['log_return_1', 'log_return_2'];

export function modelRecord(changes: Partial<ModelRecord> = {}): ModelRecord {
  return {
    ...BTC,
    uid: '01HZMODEL0000000000000000A',
    jobUid: '01HZJOB000000000000000000A',
    parentUid: undefined,
    stage: 'candidate',
    status: 'active',
    trainedAt: 0,
    trainingDurationSec: 1,
    dataPointsUsed: 500,
    trainingPeriod: '183d',
    trainingLoss: 1.05,
    validationLoss: 1.08,
    testScore: undefined,
    verdict: undefined,
    modelPath: undefined,
    modelSizeMb: undefined,
    manifestSha256: undefined,
    featureHash: featureHash(FEATURES, undefined),
    catalogueHash: 'catalogue-1',
    features: FEATURES,
    referenceSymbol: undefined,
    horizonBars: 4,
    thresholds: { sell: -0.01, buy: 0.01 },
    classMeanReturns: [-0.02, 0, 0.02],
    classWeights: undefined,
    classDistribution: [160, 170, 170],
    sanitization: undefined,
    selectedAt: undefined,
    dataEnd: 0,
    errorMessage: undefined,
    config: {},
    ...changes,
  };
}

export function trainingJob(changes: Partial<TrainingJob> = {}): TrainingJob {
  return {
    ...BTC,
    uid: '01HZJOB000000000000000000A',
    sessionUid: '01HZSESSION000000000000000',
    status: 'pending',
    cause: 'untrained',
    mode: 'full',
    trialUid: undefined,
    priority: 'default',
    batch: 1,
    attempt: 1,
    ownerRunUid: undefined,
    stage: undefined,
    progressPct: 0,
    queuedAt: 0,
    startedAt: undefined,
    finishedAt: undefined,
    errorCode: undefined,
    errorMessage: undefined,
    modelUid: undefined,
    ...changes,
  };
}

/** Lets every waiting job run, as workers would: only a job that runs can be completed. */
export async function claimAll(stores: Stores, venue: string): Promise<void> {
  const claim = { venue, ownerRunUid: 'run-1', at: 0 };
  while ((await stores.jobs.claimNext(claim)) !== undefined);
}
