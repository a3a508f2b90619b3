import { isGlobalBot } from '../../domain/bots.js';
import type { DriftReport, ModelDrift } from '../../domain/model-drift.js';
import type { ModelKey } from '../../domain/model-key.js';
import type { ModelRecord } from '../../domain/model-record.js';
import { lastClosedOpenTime } from '../../domain/timeframe.js';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/logger.js';
import type { Probabilities } from '../../domain/signal.js';
import { scoreLive } from '../../signals/live-score.js';
import type { ResolvedSignal } from '../../signals/signal-stores.js';
import type { Stores } from '../../storage/stores.js';
import type { DriftOptions } from '../options/training-options.js';
import { toPrior } from '../evaluation/losses.js';
import type { FeatureDrift } from '../evaluation/measure-drift.js';
import type { TrainPlanner } from './train-planner.js';
import type { TrainingWorkerClient } from '../worker/training-worker-client.js';
import { spokenFor, trainingKeys } from '../options/training-keys.js';
import type { TrainingOptions } from '../options/training-options.js';
import type { TrainingSessions } from '../queue/training-sessions.js';

export interface DriftDependencies {
  readonly stores: Stores;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: TrainingOptions;
  readonly trainingWorker: Pick<TrainingWorkerClient, 'measureDrift'>;
  readonly planner: Pick<TrainPlanner, 'findObstacle'>;
  readonly sessions: Pick<TrainingSessions, 'request'>;
}

const HOUR_MS = 3_600_000;
const LIVE_SIGNALS = 500;
/** Keys that one poll checks: a few seconds of the training worker. */
const KEYS_A_LOOK = 10;
/** The index of the newest rows must exceed that of every stretch of the fit's own rows by this factor. */
const UNUSUAL_FACTOR = 2;
/** Signals drawn together: a day of hours. */
const MIN_BLOCK_SIGNALS = 24;
const MOST_BLOCKS = 20;
/** Market time between a fit and its first check. */
const NEW_MODEL_HOURS = 1;
/**
 * A global model's features describe days and look back a month. A short window holds hardly two independent
 * values of them, so that any two windows would seem far apart: its signals alone are checked.
 */
const BY_SIGNALS_ALONE = { medianPsi: undefined, usualPsi: undefined, worst: [], bars: 0 } as const;

/**
 * Checks whether the market has moved away from what a serving model was fitted on, by the model's features and
 * by the outcomes of its signals. Each poll checks some keys. A key is retrained for drift at most once in
 * `retrainHours`.
 */
export class DriftWatch {
  #next = 0;

  readonly #dependencies: DriftDependencies;

  constructor(dependencies: DriftDependencies) {
    this.#dependencies = dependencies;
  }

  /** Checks those of the next keys that are due. */
  async poll(): Promise<void> {
    const { options, stores } = this.#dependencies;
    const { drift } = options;
    if (drift === undefined) return;
    const keys = trainingKeys(options);
    for (let tried = 0; tried < Math.min(keys.length, KEYS_A_LOOK); tried++) {
      const key = keys[this.#next++ % keys.length];
      const serving = key === undefined ? undefined : await stores.models.findServing(key);
      if (key === undefined || serving === undefined) continue;
      const last = await stores.drift.find(key);
      if (this.#isDue(serving, last, drift)) await this.#check(key, serving, { drift, last });
    }
  }

  #isDue(
    { uid, trainedAt }: ModelRecord,
    last: ModelDrift | undefined,
    { checkHours }: DriftOptions,
  ): boolean {
    const isKnown = last?.modelUid === uid;
    const hours = isKnown ? checkHours : Math.min(NEW_MODEL_HOURS, checkHours);
    const since = isKnown ? last.checkedAt : trainedAt;
    return this.#dependencies.clock.marketMs() - since >= hours * HOUR_MS;
  }

  async #check(
    key: ModelKey,
    serving: ModelRecord,
    { drift, last }: { readonly drift: DriftOptions; readonly last: ModelDrift | undefined },
  ): Promise<void> {
    const { stores, clock, logger } = this.#dependencies;
    const report = await this.#report(key, serving, drift);
    const { venue, symbol, timeframe, bot } = key;
    const checkedAt = clock.marketMs();
    const before = last?.retrainedAt;
    const mayTrain = before === undefined || checkedAt - before >= drift.retrainHours * HOUR_MS;
    const isQueued =
      report.isDrifted && drift.isRetraining && mayTrain && (await this.#retrain(key));
    await stores.drift.set({
      venue,
      symbol,
      timeframe,
      bot,
      modelUid: serving.uid,
      checkedAt,
      report,
      retrainedAt: isQueued ? checkedAt : before,
    });
    if (!report.isDrifted) return;
    const then = isQueued ? 'it is retrained' : 'it serves on';
    logger.warn(`[TRAIN] The model has drifted: ${report.reason}; ${then}`, {
      symbol,
      timeframe,
      bot,
      model: serving.uid,
    });
  }

  async #retrain(key: ModelKey): Promise<boolean> {
    const { planner, sessions } = this.#dependencies;
    if ((await planner.findObstacle(key)) !== undefined) return false;
    const request = { keys: [key], kind: 'auto', isAutomatic: true } as const;
    const { jobs } = await sessions.request({ ...request, causeOf: () => 'drift' });
    return jobs.length > 0;
  }

  async #report(key: ModelKey, serving: ModelRecord, drift: DriftOptions): Promise<DriftReport> {
    const measured = isGlobalBot(key.bot)
      ? BY_SIGNALS_ALONE
      : await this.#measure(key, serving, drift);
    return judgeDrift({ ...measured, ...(await this.#liveScore(key, serving)) }, drift);
  }

  /** What cannot be measured is said, and its signals alone are checked: the next try comes with the next check. */
  async #measure(key: ModelKey, serving: ModelRecord, drift: DriftOptions): Promise<FeatureDrift> {
    const { stores, clock, trainingWorker, logger } = this.#dependencies;
    const series = await stores.series.find(key);
    const { servedWindow, judgedWindow } = serving.config as FitWindows;
    // What serves was refitted up to its own end: only that is what it has seen.
    const seen = servedWindow ?? judgedWindow;
    if (series === undefined || seen === undefined) return BY_SIGNALS_ALONE;
    const { referenceSymbol } = serving;
    const reference =
      referenceSymbol === undefined
        ? undefined
        : await stores.series.find({ ...key, symbol: referenceSymbol });
    const measured = await trainingWorker.measureDrift({
      timeframe: key.timeframe,
      seriesId: series.id,
      referenceSeriesId: reference?.id,
      features: serving.features,
      windowBars: drift.windowBars,
      trainedFrom: seen.from,
      trainedTo: seen.to,
      lastOpenTime: lastClosedOpenTime(clock.marketMs(), key.timeframe),
    });
    if (!('status' in measured)) return measured;
    const { symbol, timeframe, bot } = key;
    const fields = { symbol, timeframe, bot, reason: measured.message };
    logger.warn(
      '[TRAIN] Drift of the features cannot be measured; the signals are checked',
      fields,
    );
    return BY_SIGNALS_ALONE;
  }

  async #liveScore(
    key: ModelKey,
    { uid: modelUid, dataEnd = 0, classDistribution, testScore }: ModelRecord,
  ): Promise<Pick<DriftReport, 'liveSignals' | 'liveSkill' | 'liveSkillUpper' | 'testSkillLower'>> {
    const { stores, options } = this.#dependencies;
    const instruments = spokenFor([key], options);
    const asked = { modelUid, limit: Math.ceil(LIVE_SIGNALS / instruments.length) };
    const unseen: ResolvedSignal[] = [];
    for (const instrument of instruments) {
      const resolved = await stores.signals.listResolved(instrument, asked);
      unseen.push(...resolved.filter(({ candleOpenTime }) => candleOpenTime >= dataEnd));
    }
    const prior = classDistribution === undefined ? undefined : toPrior(classDistribution);
    const score = scoreSignals(unseen, prior);
    return { ...score, testSkillLower: testScore?.skill.lower };
  }
}

/** Skill of a model on signals whose outcome is known, with an upper bound by the means of blocks of time. */
export function scoreSignals(
  signals: readonly ResolvedSignal[],
  prior: Probabilities | undefined,
): Pick<DriftReport, 'liveSignals' | 'liveSkill' | 'liveSkillUpper'> {
  const skillOf = (some: readonly ResolvedSignal[]): number | undefined =>
    scoreLive(some, { prior, roundTripCost: 0 }).logLossSkill;
  // Outcomes overlap by the horizon, and instruments of one hour are alike: whole stretches of time are drawn.
  const sorted = signals.toSorted((one, other) => one.candleOpenTime - other.candleOpenTime);
  const size = Math.max(MIN_BLOCK_SIGNALS, Math.ceil(sorted.length / MOST_BLOCKS));
  const means: number[] = [];
  for (let from = 0; from + size <= sorted.length; from += size) {
    const mean = skillOf(sorted.slice(from, from + size));
    if (mean !== undefined) means.push(mean);
  }
  const liveSkill = skillOf(sorted);
  const error = standardError(means);
  const isBounded = liveSkill !== undefined && error !== undefined;
  return {
    liveSignals: signals.length,
    liveSkill,
    liveSkillUpper: isBounded ? liveSkill + studentT99(means.length - 1) * error : undefined,
  };
}

/** Of the mean of independent values; undefined of fewer than two. */
function standardError(values: readonly number[]): number | undefined {
  const count = values.length;
  if (count < 2) return undefined;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (count - 1) / count);
}

/** One-sided 99 % quantile of Student's t, within 2 % from three degrees on (Hill's expansion). */
function studentT99(degrees: number): number {
  const [z, n] = [2.3263, Math.max(1, degrees)];
  const first = (z ** 3 + z) / 4 / n;
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96 / n ** 2;
  const third = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384 / n ** 3;
  return z + first + second + third;
}

/** Windows that the record of a model keeps; market times. */
interface FitWindows {
  readonly servedWindow?: { readonly from: number; readonly to: number };
  readonly judgedWindow?: { readonly from: number; readonly to: number };
}

/**
 * Whether what was measured is drift, and why. On a market that stays the same, at most one check in a
 * hundred says so: `drift-false-alarms.test.ts` measures both halves of it.
 */
export function judgeDrift(
  measured: Omit<DriftReport, 'isDrifted' | 'reason'>,
  { psi, minSignals }: Pick<DriftOptions, 'psi' | 'minSignals'>,
): DriftReport {
  const { medianPsi, usualPsi, liveSignals, liveSkill, liveSkillUpper, testSkillLower } = measured;
  const reasons: string[] = [];
  const isUnusual = usualPsi === undefined || (medianPsi ?? 0) > UNUSUAL_FACTOR * usualPsi;
  if (medianPsi !== undefined && medianPsi > psi && isUnusual) {
    const usual =
      usualPsi === undefined ? '' : `, stretches of its own training reach ${usualPsi.toFixed(2)}`;
    reasons.push(
      `median stability index ${medianPsi.toFixed(2)} of its features above ${psi}${usual}`,
    );
  }
  const isKnown =
    liveSignals >= minSignals && liveSkill !== undefined && liveSkillUpper !== undefined;
  // Under 0 the model knows less than the prior; under the bound of its test that is more than bad luck.
  if (isKnown && liveSkillUpper < Math.min(0, testSkillLower ?? 0)) {
    const bound = (testSkillLower ?? 0).toFixed(4);
    reasons.push(`live skill ${liveSkill.toFixed(4)} nat of ${liveSignals} signals under ${bound}`);
  }
  const isDrifted = reasons.length > 0;
  return { ...measured, isDrifted, reason: isDrifted ? reasons.join(', ') : 'as it was fitted' };
}
