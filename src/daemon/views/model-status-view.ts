import { iso, isoOrNull, keyAnswer } from '../../api/answers/keys.js';
import { metricsAnswer, verdictAnswer } from '../../api/answers/models.js';
import type { ModelStatusAnswer } from '../../api/contract/model-status.js';
import { modelKeyFor } from '../../domain/bots.js';
import type { ModelKey } from '../../domain/model-key.js';
import type { ModelRecord } from '../../domain/model-record.js';
import { scoreLive, toPrior } from '../../signals/live-score.js';
import type { TrainingStatus } from '../../training/training-status.js';
import type { Base, DaemonPhase } from '../phases.js';
import { readStandbyStatus } from './standby-view.js';

const LIVE_SIGNALS = 500;

/** The answer of `GET /api/model/status`: the model of the instrument, and how its signals turned out. */
export async function modelStatusView(
  phase: DaemonPhase,
  key: ModelKey,
  marketId: string,
): Promise<ModelStatusAnswer> {
  const modelKey = modelKeyFor(key);
  const { training, trust } =
    phase.name === 'active'
      ? {
          training: await phase.training.status(modelKey),
          trust: await phase.servingModels.find(key),
        }
      : await readStandbyStatus(phase, key);
  const serving = trust.record;
  return {
    ...keyAnswer(key, new Map([[key.symbol, marketId]])),
    model_symbol: modelKey.symbol,
    is_trained: training.isTrained,
    training_progress: training.trainingProgress,
    training_state: formatState(training),
    fallback_active: trust.status === 'untrusted',
    fallback_reason: trust.status === 'untrusted' ? `${trust.reason}: ${trust.detail}` : null,
    model_uid: serving?.uid ?? null,
    is_stale: trust.status === 'trusted' && trust.isStale,
    ...servingFields(serving),
    training_cooldown_active: training.isCooldownActive,
    next_retry_at: isoOrNull(training.nextRetryAt),
    last_training_error: training.lastTrainingError ?? null,
    last_attempt: attemptAnswer(training.newest),
    prediction_warning_count: phase.name === 'active' ? phase.warnings.count(key) : 0,
    drift: serving === undefined ? null : await driftAnswer(phase, modelKey, serving),
    live_score: serving === undefined ? null : await liveScore(phase, key, serving),
  };
}

/** The figures of the model that serves, never those of a newer attempt. */
function servingFields(
  serving: ModelRecord | undefined,
): Pick<
  ModelStatusAnswer,
  | 'last_training_time'
  | 'samples_in_last_train'
  | 'class_distribution'
  | 'class_weights'
  | 'sanitization'
  | 'verdict'
  | 'test_score'
> {
  return {
    last_training_time: isoOrNull(serving?.trainedAt),
    samples_in_last_train: serving?.dataPointsUsed ?? null,
    class_distribution: classes(serving?.classDistribution),
    class_weights: serving === undefined ? null : classes(serving.classWeights ?? [1, 1, 1]),
    sanitization: sanitizationAnswer(serving?.sanitization),
    verdict: verdictAnswer(serving?.verdict),
    test_score: scoreAnswer(serving),
  };
}

function sanitizationAnswer(
  sanitization: ModelRecord['sanitization'],
): ModelStatusAnswer['sanitization'] {
  if (sanitization === undefined) return null;
  return {
    initial_features: sanitization.initialFeatures,
    final_features: sanitization.finalFeatures,
    dropped: [...sanitization.dropped],
  };
}

function attemptAnswer(newest: ModelRecord | undefined): ModelStatusAnswer['last_attempt'] {
  if (newest === undefined) return null;
  const outcome = outcomeOf(newest);
  const reason = outcome === 'failed' ? newest.errorMessage : newest.verdict?.reason;
  return {
    model_uid: newest.uid,
    attempted_at: iso(newest.trainedAt),
    outcome,
    reason: reason ?? null,
    samples: newest.dataPointsUsed,
    class_distribution: classes(newest.classDistribution),
    test_score: scoreAnswer(newest),
  };
}

function outcomeOf({
  stage,
  status,
}: ModelRecord): NonNullable<ModelStatusAnswer['last_attempt']>['outcome'] {
  if (status === 'failed') return 'failed';
  if (stage === 'rejected') return 'rejected';
  return stage === 'candidate' ? 'unfinished' : 'promoted';
}

function formatState({ isTraining, trainingStage, due, trainerFault }: TrainingStatus): string {
  if (isTraining) return trainingStage ?? 'starting';
  if (trainerFault !== undefined) return `cannot train: ${trainerFault.message}`;
  return due.status === 'due' ? `due: ${due.reason}` : due.reason;
}

function classes(
  values: readonly [number, number, number] | undefined,
): { SELL: number; HOLD: number; BUY: number } | null {
  if (values === undefined) return null;
  const [SELL, HOLD, BUY] = values;
  return { SELL, HOLD, BUY };
}

function scoreAnswer(record: ModelRecord | undefined): ModelStatusAnswer['test_score'] {
  return record?.testScore === undefined ? null : metricsAnswer(record.testScore);
}

/** Of the last look at this very model. */
async function driftAnswer(
  { stores }: Base,
  key: ModelKey,
  { uid }: ModelRecord,
): Promise<ModelStatusAnswer['drift']> {
  const drift = await stores.drift.find(key);
  if (drift?.modelUid !== uid) return null;
  const { report } = drift;
  return {
    checked_at: iso(drift.checkedAt),
    is_drifted: report.isDrifted,
    reason: report.reason,
    median_psi: report.medianPsi ?? null,
    worst_features: report.worst.map(({ feature, psi }) => ({ feature, psi })),
    live_signals: report.liveSignals,
    live_skill: report.liveSkill ?? null,
    test_skill_lower: report.testSkillLower ?? null,
    retrained_at: isoOrNull(drift.retrainedAt),
  };
}

/** How the serving model's own signals turned out, on candles that it was not trained on. */
async function liveScore(
  { settings, stores }: Base,
  key: ModelKey,
  record: ModelRecord,
): Promise<ModelStatusAnswer['live_score']> {
  const resolved = await stores.signals.listResolved(key, {
    modelUid: record.uid,
    limit: LIVE_SIGNALS,
  });
  const unseen = resolved.filter(({ candleOpenTime }) => candleOpenTime >= (record.dataEnd ?? 0));
  const { signals, hits, hitRate, logLossSkill } = scoreLive(unseen, {
    prior: toPrior(record.classDistribution),
    roundTripCost: 2 * settings.feeRate,
  });
  const rate = hitRate === undefined ? '' : ` (${(100 * hitRate).toFixed(0)} %)`;
  const skill = logLossSkill === undefined ? '' : `, skill ${logLossSkill.toFixed(4)} nat`;
  return { signals, hits, text: `${hits} of ${signals} right${rate}${skill}` };
}
