import path from 'node:path';
import { taskOf } from '../../domain/bots.js';
import type { AttemptContext } from '../preparation/attempt-context.js';
import { featureFileName } from '../preparation/candidate-folder.js';
import { findChampion } from '../evaluation/champion.js';
import { DEFAULT_BOOTSTRAP } from '../evaluation/block-bootstrap.js';
import { toPrior } from '../evaluation/losses.js';
import type { JudgeRequest } from '../evaluation/judge-model.js';
import type { PreparedData } from '../dataset/prepare-data.js';
import type { TrainerDone } from '../trainer-process/trainer-outcome.js';
import { horizonBarsOf } from '../preparation/prepare-request.js';
import type { Order } from './trainer-order.js';

const BYTES_A_MB = 1_000_000;

export interface Trained {
  readonly prepared: PreparedData;
  readonly order: Order;
  readonly trained: TrainerDone;
}

export async function toJudgeRequest(
  { job, options, stores, clock, increment, trial }: AttemptContext,
  { prepared, order, trained }: Trained,
): Promise<JudgeRequest> {
  // An increment is compared with its parent on every test row, which says more than stored predictions.
  const isChampionAsked = increment === undefined && options.promotionGate.endsWith('+champion');
  const limits = {
    ...options,
    labelHorizonBars: horizonBarsOf({ job, options }),
    marketMs: clock.marketMs(),
  };
  return {
    task: taskOf(job.bot),
    champion: isChampionAsked ? await findChampion(stores, job, limits) : undefined,
    parentUid: increment?.parent.record.uid,
    isScoredByDay: trial?.purpose === 'experiment',
    featuresFile: path.join(options.workDir, featureFileName(job)),
    folder: trained.outputDir,
    files: trained.manifest.files,
    features: trained.manifest.features,
    referenceSymbol: prepared.referenceSymbol,
    windowRows: trained.manifest.window_rows,
    test: prepared.split.test,
    classWeights: order.classWeights,
    thresholds: prepared.thresholds,
    prior: toPrior(prepared.trainCounts),
    dataSha256: prepared.dataSha256,
    blockRows: prepared.global?.blockRows ?? DEFAULT_BOOTSTRAP.blockRows,
    maxFileBytes: options.maxModelMb * BYTES_A_MB,
  };
}
