import { labelOf } from '../../features/labels.js';
import type { Champion } from './champion.js';
import {
  directionLosses,
  multiclassLosses,
  type Predicted,
  type Prior,
  type RowLosses,
} from './losses.js';

/** Predictions of the challenger's judged model for its test rows. */
export interface Challenger {
  /** Open time of each test row. */
  readonly openTimes: ArrayLike<number>;
  readonly forwardReturns: ArrayLike<number>;
  /** Rows × 3, with the class weights divided out. */
  readonly probabilities: ArrayLike<number>;
  /** By its own thresholds. */
  readonly labels: ArrayLike<number>;
  readonly prior: Prior;
}

/**
 * Challenger's skill less the champion's on candles that neither was fitted on: in nat a row, or of
 * regressors as a share of persistence's squared error.
 */
export interface ChampionComparison {
  readonly modelUid: string;
  /** Candles that both have predicted. */
  readonly rows: number;
  readonly skillDifference: number;
  /** NaN where one of them has no candle with a direction. */
  readonly directionSkillDifference: number;
}

/**
 * Measures each model's skill over its own prior, by its own thresholds, on the same candles. So the comparison
 * is about what each knows beyond the frequencies of its classes.
 */
export function compareWithChampion(
  challenger: Challenger,
  champion: Champion,
): ChampionComparison {
  const spoken = new Map(champion.openTimes.map((time, at) => [time, at]));
  const own: Picked = { probabilities: [], labels: [] };
  const theirs: Picked = { probabilities: [], labels: [] };
  for (let row = 0; row < challenger.openTimes.length; row++) {
    const openTime = challenger.openTimes[row] ?? NaN;
    const said = champion.probabilities[spoken.get(openTime) ?? -1];
    const label = labelOf(challenger.forwardReturns[row] ?? NaN, {
      ...champion.thresholds,
      adjusted: [],
    });
    if (said === undefined || label === undefined || !(openTime >= champion.dataEnd)) continue;
    theirs.probabilities.push(...said);
    theirs.labels.push(label);
    for (const at of [0, 1, 2]) own.probabilities.push(challenger.probabilities[row * 3 + at] ?? 0);
    own.labels.push(challenger.labels[row] ?? -1);
  }
  const [one, other] = [
    { ...own, prior: challenger.prior },
    { ...theirs, prior: champion.prior },
  ];
  return {
    modelUid: champion.modelUid,
    rows: own.labels.length,
    skillDifference: meanGain(multiclassLosses(one)) - meanGain(multiclassLosses(other)),
    directionSkillDifference: meanGain(directionLosses(one)) - meanGain(directionLosses(other)),
  };
}

/**
 * Compares an increment with its parent, both as judged models: rows, labels and prior are the same, so that the
 * difference is the effect of the new trees.
 */
export function compareWithParent(
  increment: Predicted,
  parent: { readonly modelUid: string; readonly probabilities: ArrayLike<number> },
): ChampionComparison {
  const { modelUid, probabilities } = parent;
  const before = { ...increment, probabilities };
  return {
    modelUid,
    rows: increment.labels.length,
    skillDifference: meanGain(multiclassLosses(increment)) - meanGain(multiclassLosses(before)),
    directionSkillDifference:
      meanGain(directionLosses(increment)) - meanGain(directionLosses(before)),
  };
}

/** Predictions of a regressor's judged model for its test rows. */
export interface RegressorChallenger {
  readonly openTimes: ArrayLike<number>;
  readonly forwardReturns: ArrayLike<number>;
  readonly predictions: ArrayLike<number>;
}

/** Compares squared errors on the same candles: regressors have no classes of their own. */
export function compareRegressorWithChampion(
  challenger: RegressorChallenger,
  champion: Champion,
): ChampionComparison {
  const spoken = new Map(champion.openTimes.map((time, at) => [time, at]));
  let [rows, gain, persistence] = [0, 0, 0];
  for (let row = 0; row < challenger.openTimes.length; row++) {
    const openTime = challenger.openTimes[row] ?? NaN;
    const said = champion.expectedReturns[spoken.get(openTime) ?? -1];
    if (said === undefined || !(openTime >= champion.dataEnd)) continue;
    const actual = challenger.forwardReturns[row] ?? NaN;
    rows++;
    gain += (actual - said) ** 2 - (actual - (challenger.predictions[row] ?? NaN)) ** 2;
    persistence += actual ** 2;
  }
  const skillDifference = gain / persistence;
  return { modelUid: champion.modelUid, rows, skillDifference, directionSkillDifference: NaN };
}

interface Picked {
  readonly probabilities: number[];
  readonly labels: number[];
}

/** Mean of the prior's loss less the model's over the rows that count. */
function meanGain({ model, prior, weight }: RowLosses): number {
  let gain = 0;
  let rows = 0;
  for (let row = 0; row < model.length; row++) {
    gain += (prior[row] ?? 0) - (model[row] ?? 0);
    rows += weight[row] ?? 0;
  }
  return gain / rows;
}
