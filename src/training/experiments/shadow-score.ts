import { createHash } from 'node:crypto';
import { directionLosses, multiclassLosses, type Prior } from '../evaluation/losses.js';
import type { LabelThresholds, ModelRecord } from '../../domain/model-record.js';
import type { ShadowAnswer } from '../../domain/shadow-model.js';
import type { Probabilities } from '../../domain/signal.js';
import { seededRandom } from '../../lib/seeded-random.js';
import { toPrior } from '../../signals/live-score.js';
import { classOfReturn } from '../../signals/outcome-resolver.js';
import { directionIndex } from '../../signals/model-signal.js';
import type { ResolvedSignal } from '../../signals/signal-stores.js';
import { compareByDays, type DayDifference, type PairedDifference } from './paired-differences.js';

const DAY_MS = 86_400_000;

/** How one model's answers turned out. Figures are NaN without a candle. */
export interface AnswersScore {
  readonly candles: number;
  /** Log loss of the model's own class frequencies less its own, in nat a candle. */
  readonly skill: number;
  /** The same of BUY against SELL, on the candles that moved. */
  readonly directionSkill: number;
}

/** How a shadow model did beside the serving ones, on the candles of which both said something. */
export interface ShadowScore {
  /** Candles of which it said something and whose outcome is known. */
  readonly candles: number;
  readonly shadow: AnswersScore;
  readonly serving: AnswersScore;
  /** Of the skill, shadow less serving, with a 95 % interval over days. */
  readonly difference: PairedDifference;
}

export interface ShadowScoreInput {
  readonly shadow: { readonly uid: string; readonly record: ModelRecord };
  readonly answers: readonly ShadowAnswer[];
  /** Of the key, newest first, with their outcomes. */
  readonly signals: readonly ResolvedSignal[];
  /** The models that made them, by uid. */
  readonly models: ReadonlyMap<string, ModelRecord>;
}

/**
 * Scores the answers of a shadow model and those of the models that served meanwhile on the same candles. Each is
 * judged by its own class thresholds and against its own class frequencies, as it was when it was trained.
 */
export function scoreShadow(input: ShadowScoreInput): ShadowScore {
  const { shadow, answers, signals, models } = input;
  const outcomes = new Map<number, number>();
  const spoken = new Map<number, ResolvedSignal>();
  for (const signal of signals) {
    if (signal.outcome === undefined) continue;
    outcomes.set(signal.candleOpenTime, signal.outcome.outcomeReturn);
    // Newest first: the signal of a model that was promoted later replaced the earlier one.
    if (signal.source !== 'model' || spoken.has(signal.candleOpenTime)) continue;
    spoken.set(signal.candleOpenTime, signal);
  }
  const resolved = answers.filter(({ candleOpenTime }) => outcomes.has(candleOpenTime));
  const pairs = resolved.flatMap(({ candleOpenTime, probabilities }) => {
    const signal = spoken.get(candleOpenTime);
    const record = signal?.source === 'model' ? models.get(signal.modelUid) : undefined;
    if (signal?.source !== 'model' || record === undefined) return [];
    const outcome = outcomes.get(candleOpenTime) ?? NaN;
    const shadowGain = gainOf(shadow.record, probabilities, outcome);
    const servingGain = gainOf(record, signal.probabilities, outcome);
    if (shadowGain === undefined || servingGain === undefined) return [];
    return [{ candleOpenTime, shadow: shadowGain, serving: servingGain }];
  });
  const seed = createHash('sha256').update(shadow.uid).digest('hex');
  return {
    candles: resolved.length,
    shadow: sumUp(pairs.map((pair) => pair.shadow)),
    serving: sumUp(pairs.map((pair) => pair.serving)),
    difference: compareByDays([toDays(pairs)], seededRandom(seed)),
  };
}

interface Gain {
  readonly skill: number;
  /** Undefined where the price did not move. */
  readonly direction: number | undefined;
}

interface Pair {
  readonly candleOpenTime: number;
  readonly shadow: Gain;
  readonly serving: Gain;
}

/** What one answer gained over the class frequencies; undefined where the record lacks what that needs. */
function gainOf(
  { thresholds, classDistribution }: ModelRecord,
  probabilities: Probabilities,
  outcomeReturn: number,
): Gain | undefined {
  const prior: Prior | undefined = toPrior(classDistribution);
  if (thresholds === undefined || prior === undefined) return undefined;
  const labels = [labelOf(outcomeReturn, thresholds)];
  const predicted = { probabilities, labels, prior };
  const total = multiclassLosses(predicted);
  const direction = directionLosses(predicted);
  return {
    skill: (total.prior[0] ?? NaN) - (total.model[0] ?? NaN),
    direction:
      direction.weight[0] === 1
        ? (direction.prior[0] ?? NaN) - (direction.model[0] ?? NaN)
        : undefined,
  };
}

function labelOf(outcomeReturn: number, thresholds: LabelThresholds): number {
  return directionIndex(classOfReturn(outcomeReturn, thresholds));
}

function sumUp(gains: readonly Gain[]): AnswersScore {
  const directions = gains.flatMap(({ direction }) => direction ?? []);
  return {
    candles: gains.length,
    skill: meanOf(gains.map(({ skill }) => skill)),
    directionSkill: meanOf(directions),
  };
}

function toDays(pairs: readonly Pair[]): readonly DayDifference[] {
  const days = new Map<number, { sum: number; weight: number }>();
  for (const { candleOpenTime, shadow, serving } of pairs) {
    const day = Math.floor(candleOpenTime / DAY_MS);
    const sums = days.get(day) ?? { sum: 0, weight: 0 };
    sums.sum += shadow.skill - serving.skill;
    sums.weight += 1;
    days.set(day, sums);
  }
  return [...days].map(([day, sums]) => ({ day, ...sums }));
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
