import type { ModelKey } from './model-key.js';

/** Where a trained model stands. `rejected` never served, `superseded` did. */
export type ModelStage = 'candidate' | 'rejected' | 'serving' | 'superseded';

export type ModelStatus = 'active' | 'archived' | 'failed';

/** An estimate with its one-sided 95 % bounds. */
export interface Interval {
  readonly estimate: number;
  readonly lower: number;
  readonly upper: number;
}

/** A regressor's errors on rows that it never saw, in log return; persistence expects no change. */
export interface RegressionScore {
  readonly rmse: number;
  readonly mae: number;
  readonly r2: number;
  readonly persistenceRmse: number;
  readonly persistenceMae: number;
}

/**
 * How well a model did on rows that it never saw. Losses in nat. A regressor's are those of the classes
 * that its expected return and its error make likely.
 */
export interface TestScore {
  readonly rows: number;
  readonly logLoss: number;
  readonly priorLogLoss: number;
  /**
   * Above 0 the model knows something. Of a classifier: the prior's log loss less the model's, per row.
   * Of a regressor: by which share its squared error is smaller than that of persistence.
   */
  readonly skill: Interval;
  /** Rows whose label is not HOLD. */
  readonly directionRows: number;
  /**
   * On those rows. Of a classifier: as `skill`, BUY against SELL. Of a regressor: its share of right
   * signs less that of the sign that was the more frequent one in training.
   */
  readonly directionSkill: Interval;
  readonly directionalAuc: number;
  readonly accuracy: number;
  readonly macroF1: number;
  readonly calibrationError: number;
  /** Undefined for a classifier. */
  readonly regression?: RegressionScore | undefined;
}

/** `+champion`: also not worse than the model that serves. */
export type PromotionGate =
  'baseline' | 'strict' | 'parity' | 'baseline+champion' | 'strict+champion';

/** Rows of the test on which a model was about equally sure of what it said. */
export interface CalibrationBin {
  /** Bounds of the probability of the likeliest class; the upper one belongs to the bin. */
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  /** Mean probability that the model gave to what it said. */
  readonly confidence: number;
  /** Share of the rows on which it was right. */
  readonly accuracy: number;
}

export interface Verdict {
  readonly gate: PromotionGate;
  readonly isPromoted: boolean;
  /** In words, for a person. */
  readonly reason: string;
}

/** Forward log returns that part the classes, from the training split only. */
export interface LabelThresholds {
  readonly sell: number;
  readonly buy: number;
}

export interface SanitizationRecord {
  readonly initialFeatures: number;
  readonly finalFeatures: number;
  readonly dropped: readonly { readonly name: string; readonly reason: string }[];
}

/** One training run and the model that came of it, if one did. Times are market times unless said. */
export interface ModelRecord extends ModelKey {
  readonly uid: string;
  readonly jobUid: string;
  readonly parentUid: string | undefined;
  readonly stage: ModelStage;
  readonly status: ModelStatus;
  readonly trainedAt: number;
  readonly trainingDurationSec: number;
  readonly dataPointsUsed: number;
  /** Window in days, `180d`. */
  readonly trainingPeriod: string;
  /** Passes over the training rows of a network; trees have none. */
  readonly epochs?: number | undefined;
  readonly trainingLoss: number | undefined;
  readonly validationLoss: number | undefined;
  readonly testScore: TestScore | undefined;
  readonly verdict: Verdict | undefined;
  /** Folder below the models' folder. */
  readonly modelPath: string | undefined;
  readonly modelSizeMb: number | undefined;
  readonly manifestSha256: string | undefined;
  readonly featureHash: string | undefined;
  readonly catalogueHash: string | undefined;
  /** Names of the selected features, in the model's order. */
  readonly features: readonly string[];
  readonly referenceSymbol: string | undefined;
  readonly horizonBars: number;
  readonly thresholds: LabelThresholds | undefined;
  /** Mean forward log return of each class in the training split: SELL, HOLD, BUY. */
  readonly classMeanReturns: readonly [number, number, number] | undefined;
  /** By which the probabilities are divided again; undefined when the classes were not weighted. */
  readonly classWeights: readonly [number, number, number] | undefined;
  readonly classDistribution: readonly [number, number, number] | undefined;
  readonly sanitization: SanitizationRecord | undefined;
  /** When the features were selected; reuse keeps the older time. */
  readonly selectedAt: number | undefined;
  /** Close time of the newest candle that any fit saw. */
  readonly dataEnd: number | undefined;
  /** Why the attempt failed; while the model serves: what is wrong with its files. */
  readonly errorMessage: string | undefined;
  /** Parameters, seed, split, library versions. */
  readonly config: Readonly<Record<string, unknown>>;
}

const HOUR_MS = 3_600_000;

/** How long ago a model was trained, in hours of market time. */
export function ageHours({ trainedAt }: Pick<ModelRecord, 'trainedAt'>, marketMs: number): number {
  return (marketMs - trainedAt) / HOUR_MS;
}

/** A stale model still serves, and a retraining is due. */
export function isStale(
  record: Pick<ModelRecord, 'trainedAt'>,
  { marketMs, staleHours }: { readonly marketMs: number; readonly staleHours: number },
): boolean {
  return ageHours(record, marketMs) > staleHours;
}
