import { z } from 'zod';
import { taskOf } from '../../domain/bots.js';
import type { ModelKey } from '../../domain/model-key.js';
import {
  ageHours,
  type Interval,
  type ModelRecord,
  type TestScore,
  type Verdict,
} from '../../domain/model-record.js';
import { shownStatus, STATUS_COLORS } from '../../domain/shown-status.js';
import { finite } from './finite.js';
import { iso, isoOrNull, keyAnswer, type MarketIds } from './keys.js';
import type { StoredRecord } from '../context/api-context.js';
import { interval } from '../contract/common.js';
import type { MetricsAnswer, VerdictAnswer } from '../contract/model-status.js';
import type {
  ComparedAnswer,
  ReportedModelAnswer,
  TrainingRecordAnswer,
} from '../contract/models.js';

/** Records as the API shows them. */

export interface ModelKeyAnswer {
  symbol: string;
  unified_symbol: string;
  venue: string;
  timeframe: string;
  bot_name: string;
}

export function modelKeyAnswer(key: ModelKey, marketIds: MarketIds): ModelKeyAnswer {
  const { bot, ...rest } = keyAnswer(key, marketIds);
  return { ...rest, bot_name: bot };
}

const shownPart = z.object({ aucInterval: interval.optional().catch(undefined) });

/** What answers show of the free part of a record; an earlier version may have written less. */
export function shownOfConfig(config: StoredRecord['config']): z.infer<typeof shownPart> {
  return shownPart.parse(config);
}

/** What the rows of an answer are shown by. */
export interface ShownAt {
  readonly marketIds: MarketIds;
  readonly marketMs: number;
  /** `MODEL_STALE_HOURS`. */
  readonly staleHours: number;
}

export function recordAnswer(record: StoredRecord, shown: ShownAt): TrainingRecordAnswer {
  return { ...bareAnswer(record, shown), config: { ...record.config } };
}

/** @param lastError of the key's newest attempt, where it failed */
export function reportedAnswer(
  record: StoredRecord,
  shown: ShownAt,
  about: { readonly isPinned: boolean; readonly lastError: string | undefined },
): ReportedModelAnswer {
  return {
    ...bareAnswer(record, shown),
    age_hours: Math.max(0, ageHours(record, shown.marketMs)),
    is_pinned: about.isPinned,
    last_error: about.lastError ?? null,
  };
}

export function comparedAnswer(
  record: StoredRecord,
  shown: ShownAt,
  against: { readonly serving: ModelRecord | undefined; readonly isPinned: boolean },
): ComparedAnswer {
  return {
    ...bareAnswer(record, shown),
    is_pinned: against.isPinned,
    against_serving: differenceAnswer(record.testScore, against.serving?.testScore),
  };
}

function bareAnswer(
  record: StoredRecord,
  { marketIds, marketMs, staleHours }: ShownAt,
): Omit<TrainingRecordAnswer, 'config'> {
  const shown = shownStatus(record, { marketMs, staleHours });
  const { verdict, thresholds, testScore } = record;
  return {
    uid: record.uid,
    ...modelKeyAnswer(record, marketIds),
    stage: record.stage,
    status: record.status,
    shown_status: shown,
    color: STATUS_COLORS[shown],
    trained_at: iso(record.trainedAt),
    created_at: iso(record.createdAt),
    training_duration_seconds: record.trainingDurationSec,
    data_points_used: record.dataPointsUsed,
    training_period: record.trainingPeriod,
    data_end: isoOrNull(record.dataEnd),
    task: taskOf(record.bot),
    epochs: record.epochs ?? null,
    training_loss: record.trainingLoss ?? null,
    validation_loss: record.validationLoss ?? null,
    test_rmse: finiteOrNull(testScore?.regression?.rmse),
    test_mae: finiteOrNull(testScore?.regression?.mae),
    metrics: testScore === undefined ? null : metricsAnswer(testScore),
    directional_auc_interval: shownOfConfig(record.config).aucInterval ?? null,
    verdict: verdictAnswer(verdict),
    model_path: record.modelPath ?? null,
    model_size_mb: record.modelSizeMb ?? null,
    feature_count: record.features.length,
    feature_hash: record.featureHash ?? null,
    horizon_bars: record.horizonBars,
    thresholds: thresholds === undefined ? null : { sell: thresholds.sell, buy: thresholds.buy },
    job_uid: record.jobUid,
    parent_uid: record.parentUid ?? null,
    error_message: record.errorMessage ?? null,
  };
}

export function verdictAnswer(verdict: Verdict | undefined): VerdictAnswer | null {
  if (verdict === undefined) return null;
  return { gate: verdict.gate, is_promoted: verdict.isPromoted, reason: verdict.reason };
}

export function metricsAnswer(score: TestScore): MetricsAnswer {
  return {
    rows: score.rows,
    log_loss: finite(score.logLoss),
    prior_log_loss: finite(score.priorLogLoss),
    skill: intervalAnswer(score.skill),
    direction_rows: score.directionRows,
    direction_skill: intervalAnswer(score.directionSkill),
    directional_auc: finite(score.directionalAuc),
    accuracy: finite(score.accuracy),
    macro_f1: finite(score.macroF1),
    calibration_error: finite(score.calibrationError),
    regression: regressionAnswer(score),
  };
}

function regressionAnswer({ regression }: TestScore): MetricsAnswer['regression'] {
  if (regression === undefined) return null;
  return {
    rmse: finite(regression.rmse),
    mae: finite(regression.mae),
    r2: finite(regression.r2),
    persistence_rmse: finite(regression.persistenceRmse),
    persistence_mae: finite(regression.persistenceMae),
  };
}

function differenceAnswer(
  score: TestScore | undefined,
  serving: TestScore | undefined,
): ComparedAnswer['against_serving'] {
  if (score === undefined || serving === undefined) return null;
  return {
    skill: finite(score.skill.estimate - serving.skill.estimate),
    direction_skill: finite(score.directionSkill.estimate - serving.directionSkill.estimate),
    directional_auc: finite(score.directionalAuc - serving.directionalAuc),
    accuracy: finite(score.accuracy - serving.accuracy),
    calibration_error: finite(score.calibrationError - serving.calibrationError),
  };
}

function intervalAnswer({ estimate, lower, upper }: Interval): Interval | null {
  return [estimate, lower, upper].every(Number.isFinite) ? { estimate, lower, upper } : null;
}

function finiteOrNull(value: number | undefined): number | null {
  return value === undefined ? null : finite(value);
}
