import type {
  Interval,
  ModelRecord,
  RegressionScore,
  TestScore,
  Verdict,
} from '../../domain/model-record.js';
import {
  type Field,
  flag,
  json,
  LOCAL_PROPERTIES,
  number,
  omit,
  optional,
  rowCodec,
  text,
} from '../rows/row-codec.js';
import type { Row, Versioned } from '../connection/row.js';

export type StoredModelRecord = Versioned<ModelRecord>;

/** Differs once a record has changed. */
export function stampOf({
  uid,
  rowVersion,
}: Pick<StoredModelRecord, 'uid' | 'rowVersion'>): string {
  return `${uid} ${rowVersion}`;
}

/** Parts of a record that take several columns; all are NULL where the part is missing. */
type Grouped = 'testScore' | 'verdict' | 'thresholds';

const PLAIN = rowCodec<Omit<StoredModelRecord, Grouped>>({
  id: number(),
  uid: text(),
  venue: text(),
  symbol: text(),
  timeframe: text(),
  bot: text('bot_name'),
  jobUid: text(),
  parentUid: optional(text()),
  stage: text(),
  status: text(),
  trainedAt: number(),
  trainingDurationSec: number('training_duration_seconds'),
  dataPointsUsed: number(),
  trainingPeriod: text(),
  epochs: optional(number()),
  trainingLoss: optional(number()),
  validationLoss: optional(number()),
  modelPath: optional(text()),
  modelSizeMb: optional(number()),
  manifestSha256: optional(text('manifest_sha256')),
  featureHash: optional(text()),
  catalogueHash: optional(text()),
  features: json(),
  referenceSymbol: optional(text()),
  horizonBars: number(),
  classMeanReturns: optional(json()),
  classWeights: optional(json()),
  classDistribution: optional(json()),
  sanitization: optional(json()),
  selectedAt: optional(number()),
  dataEnd: optional(number()),
  errorMessage: optional(text()),
  config: json(),
  rowVersion: number(),
  createdAt: number(),
});

type FlatScore = Omit<TestScore, 'skill' | 'directionSkill' | 'regression'> & {
  skill: number;
  skillLower: number;
  skillUpper: number;
  directionSkill: number;
  directionSkillLower: number;
  directionSkillUpper: number;
};

/** A score that could not be computed is NaN, which neither engine stores: NULL. */
function score(column: string): Field<number> {
  return {
    column,
    encode: (value) => (Number.isFinite(value) ? value : null),
    decode: (stored) => (stored === null ? NaN : Number(stored)),
  };
}

const SCORE = rowCodec<FlatScore>({
  rows: number('test_rows'),
  logLoss: score('test_log_loss'),
  priorLogLoss: score('test_prior_log_loss'),
  skill: score('test_skill'),
  skillLower: score('test_skill_lower'),
  skillUpper: score('test_skill_upper'),
  directionRows: number('test_direction_rows'),
  directionSkill: score('test_direction_skill'),
  directionSkillLower: score('test_direction_skill_lower'),
  directionSkillUpper: score('test_direction_skill_upper'),
  directionalAuc: score('test_directional_auc'),
  accuracy: score('test_accuracy'),
  macroF1: score('test_macro_f1'),
  calibrationError: score('test_calibration_error'),
});

const REGRESSION = rowCodec<RegressionScore>({
  rmse: score('test_rmse'),
  mae: score('test_mae'),
  r2: score('test_r2'),
  persistenceRmse: score('test_persistence_rmse'),
  persistenceMae: score('test_persistence_mae'),
});

const VERDICT = rowCodec<Verdict>({
  gate: text('verdict_gate'),
  isPromoted: flag('verdict_is_promoted'),
  reason: text('verdict_reason'),
});

const THRESHOLDS = rowCodec<{ readonly sell: number; readonly buy: number }>({
  sell: number('threshold_sell'),
  buy: number('threshold_buy'),
});

/** The columns of what is given. What a database adds by itself is left out. */
export function encodeModel(record: Partial<StoredModelRecord>): Record<string, unknown> {
  const { testScore, verdict, thresholds, ...plain } = omit(record, LOCAL_PROPERTIES);
  return {
    ...PLAIN.encodePart(plain),
    ...(testScore && SCORE.encode(flatten(testScore))),
    ...(testScore?.regression && REGRESSION.encode(testScore.regression)),
    ...(verdict && VERDICT.encode(verdict)),
    ...(thresholds && THRESHOLDS.encode(thresholds)),
  };
}

export function decodeModel(row: Row): StoredModelRecord {
  return {
    ...PLAIN.decode(row),
    testScore: row['test_rows'] === null ? undefined : decodeScore(row),
    verdict: row['verdict_gate'] === null ? undefined : VERDICT.decode(row),
    thresholds: row['threshold_sell'] === null ? undefined : THRESHOLDS.decode(row),
  };
}

function decodeScore(row: Row): TestScore {
  const score = nest(SCORE.decode(row));
  return row['test_rmse'] === null ? score : { ...score, regression: REGRESSION.decode(row) };
}

function flatten(score: TestScore): FlatScore {
  const { skill, directionSkill, ...rest } = omit(score, ['regression']);
  return {
    ...rest,
    skill: skill.estimate,
    skillLower: skill.lower,
    skillUpper: skill.upper,
    directionSkill: directionSkill.estimate,
    directionSkillLower: directionSkill.lower,
    directionSkillUpper: directionSkill.upper,
  };
}

function nest(flat: FlatScore): TestScore {
  const { skill, skillLower, skillUpper, ...rest } = flat;
  const { directionSkill, directionSkillLower, directionSkillUpper, ...plain } = rest;
  const interval = (estimate: number, lower: number, upper: number): Interval => ({
    estimate,
    lower,
    upper,
  });
  return {
    ...plain,
    skill: interval(skill, skillLower, skillUpper),
    directionSkill: interval(directionSkill, directionSkillLower, directionSkillUpper),
  };
}
