import { iso, isoOrNull, keyAnswer } from '../../api/answers.js';
import type { ModelStatusAnswer } from '../../api/contract.js';
import { modelKeyFor } from '../../domain/bots.js';
import type { ModelKey } from '../../domain/model-key.js';
import type { Interval, ModelRecord, TestScore } from '../../domain/model-record.js';
import { scoreLive, toPrior } from '../../signals/live-score.js';
import type { TrainingStatus } from '../../training/training-status.js';
import type { DaemonState } from '../daemon-state.js';
import { lookFromOutside } from './stored-view.js';

const LIVE_SIGNALS = 500;

/** The answer of `GET /api/model/status`: of the model that speaks for the instrument, and of its signals. */
export async function modelStatusView(
  state: DaemonState,
  key: ModelKey,
  marketId: string,
): Promise<ModelStatusAnswer> {
  const { work, stores } = state;
  const modelKey = modelKeyFor(key);
  const { training, trust } =
    work === undefined
      ? await lookFromOutside(state, key)
      : {
          training: await work.training.status(modelKey),
          trust: await work.servingModels.find(key),
        };
  const serving = trust.record;
  const shown = serving ?? (await stores.models.latest(modelKey));
  return {
    ...keyAnswer(key, new Map([[key.symbol, marketId]])),
    model_symbol: modelKey.symbol,
    is_trained: training.isTrained,
    training_progress: training.trainingProgress,
    training_state: wordsOf(training),
    fallback_active: trust.status === 'untrusted',
    fallback_reason: trust.status === 'untrusted' ? `${trust.reason}: ${trust.detail}` : null,
    model_uid: serving?.uid ?? null,
    is_stale: trust.status === 'trusted' && trust.isStale,
    ...trainingFields(training),
    prediction_warning_count: work?.warnings.count(key) ?? 0,
    test_score: shown?.testScore === undefined ? null : scoreAnswer(shown.testScore),
    drift: serving === undefined ? null : await driftAnswer(state, modelKey, serving),
    live_score: serving === undefined ? null : await liveScore(state, key, serving),
  };
}

function trainingFields(
  training: TrainingStatus,
): Pick<
  ModelStatusAnswer,
  | 'last_training_time'
  | 'samples_in_last_train'
  | 'class_distribution'
  | 'class_weights'
  | 'training_cooldown_active'
  | 'next_retry_at'
  | 'last_training_error'
  | 'sanitization'
  | 'verdict'
> {
  const { sanitization, verdict } = training;
  return {
    last_training_time: isoOrNull(training.lastTrainingTime),
    samples_in_last_train: training.samplesInLastTrain ?? null,
    class_distribution: classes(training.classDistribution),
    class_weights: classes(training.classWeights),
    training_cooldown_active: training.isCooldownActive,
    next_retry_at: isoOrNull(training.nextRetryAt),
    last_training_error: training.lastTrainingError ?? null,
    sanitization:
      sanitization === undefined
        ? null
        : {
            initial_features: sanitization.initialFeatures,
            final_features: sanitization.finalFeatures,
            dropped: [...sanitization.dropped],
          },
    verdict:
      verdict === undefined
        ? null
        : { gate: verdict.gate, is_promoted: verdict.isPromoted, reason: verdict.reason },
  };
}

function wordsOf({ isTraining, trainingStage, due }: TrainingStatus): string {
  if (isTraining) return trainingStage ?? 'starting';
  return due.status === 'due' ? `due: ${due.reason}` : due.reason;
}

function classes(
  values: readonly [number, number, number] | undefined,
): { SELL: number; HOLD: number; BUY: number } | null {
  if (values === undefined) return null;
  const [SELL, HOLD, BUY] = values;
  return { SELL, HOLD, BUY };
}

function scoreAnswer(score: TestScore): ModelStatusAnswer['test_score'] {
  const interval = ({ estimate, lower, upper }: Interval): Interval => ({ estimate, lower, upper });
  return {
    rows: score.rows,
    log_loss: score.logLoss,
    prior_log_loss: score.priorLogLoss,
    skill: interval(score.skill),
    direction_rows: score.directionRows,
    direction_skill: interval(score.directionSkill),
    directional_auc: score.directionalAuc,
    accuracy: score.accuracy,
    macro_f1: score.macroF1,
    calibration_error: score.calibrationError,
  };
}

/** Of the last look at this very model. */
async function driftAnswer(
  { stores }: DaemonState,
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
  { settings, stores }: DaemonState,
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
