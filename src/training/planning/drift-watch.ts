import { isGlobalBot } from '../../domain/bots.js';
import type { DriftReport, ModelDrift } from '../../domain/model-drift.js';
import type { ModelKey } from '../../domain/model-key.js';
import type { ModelRecord } from '../../domain/model-record.js';
import { lastClosedOpenTime } from '../../domain/timeframe.js';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/logger.js';
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
/** Keys of one look: a few seconds of the training worker, whose start they share. */
const KEYS_A_LOOK = 10;
/** Market time that a model is given after its fit: no market has become another one sooner. */
const NEW_MODEL_HOURS = 1;
/**
 * Of a global model: its features are of days and look a month back, so that a window short enough to be
 * news holds no two independent values of them, and any two months would seem far apart.
 */
const BY_SIGNALS_ALONE = { medianPsi: undefined, worst: [], bars: 0 } as const;

/**
 * Looks whether the market has become another one than a serving model was fitted on, by its features and
 * by how its signals turned out; some keys a cycle, so that it costs little. What it queues is bounded: one
 * training of a key in `retrainHours`, whatever the next look says.
 */
export class DriftWatch {
  #next = 0;

  readonly #dependencies: DriftDependencies;

  constructor(dependencies: DriftDependencies) {
    this.#dependencies = dependencies;
  }

  /** Looks at those of the next keys whose time has come. */
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
    if (report === undefined) return;
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
    const then = isQueued ? 'it is trained anew' : 'it serves on';
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

  async #report(
    key: ModelKey,
    serving: ModelRecord,
    drift: DriftOptions,
  ): Promise<DriftReport | undefined> {
    const measured = isGlobalBot(key.bot)
      ? BY_SIGNALS_ALONE
      : await this.#measure(key, serving, drift);
    if (measured === undefined) return undefined;
    return judgeDrift({ ...measured, ...(await this.#liveScore(key, serving)) }, drift);
  }

  async #measure(
    key: ModelKey,
    serving: ModelRecord,
    drift: DriftOptions,
  ): Promise<FeatureDrift | undefined> {
    const { stores, clock, trainingWorker } = this.#dependencies;
    const series = await stores.series.find(key);
    const { judgedWindow } = serving.config as { judgedWindow?: { from: number; to: number } };
    if (series === undefined || judgedWindow === undefined) return undefined;
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
      trainedFrom: judgedWindow.from,
      trainedTo: judgedWindow.to,
      lastOpenTime: lastClosedOpenTime(clock.marketMs(), key.timeframe),
    });
    return 'status' in measured ? undefined : measured;
  }

  async #liveScore(
    key: ModelKey,
    { uid: modelUid, dataEnd = 0, classDistribution, testScore }: ModelRecord,
  ): Promise<Pick<DriftReport, 'liveSignals' | 'liveSkill' | 'testSkillLower'>> {
    const { stores, options } = this.#dependencies;
    const instruments = spokenFor([key], options);
    const asked = { modelUid, limit: Math.ceil(LIVE_SIGNALS / instruments.length) };
    const unseen: ResolvedSignal[] = [];
    for (const instrument of instruments) {
      const resolved = await stores.signals.listResolved(instrument, asked);
      unseen.push(...resolved.filter(({ candleOpenTime }) => candleOpenTime >= dataEnd));
    }
    const { signals, logLossSkill } = scoreLive(unseen, {
      prior: classDistribution === undefined ? undefined : toPrior(classDistribution),
      roundTripCost: 0,
    });
    const testSkillLower = testScore?.skill.lower;
    return { liveSignals: signals, liveSkill: logLossSkill, testSkillLower };
  }
}

/** Whether what was measured is drift, and why. */
export function judgeDrift(
  measured: Omit<DriftReport, 'isDrifted' | 'reason'>,
  { psi, minSignals }: Pick<DriftOptions, 'psi' | 'minSignals'>,
): DriftReport {
  const { medianPsi, liveSignals, liveSkill, testSkillLower } = measured;
  const reasons: string[] = [];
  if (medianPsi !== undefined && medianPsi > psi) {
    reasons.push(`median stability index ${medianPsi.toFixed(2)} of its features above ${psi}`);
  }
  const isKnown = liveSignals >= minSignals && liveSkill !== undefined;
  // Below 0 it knows less than the prior; below its test's bound that is no bad luck.
  if (isKnown && liveSkill < Math.min(0, testSkillLower ?? 0)) {
    const bound = (testSkillLower ?? 0).toFixed(4);
    reasons.push(`live skill ${liveSkill.toFixed(4)} nat of ${liveSignals} signals under ${bound}`);
  }
  const isDrifted = reasons.length > 0;
  return { ...measured, isDrifted, reason: isDrifted ? reasons.join(', ') : 'as it was fitted' };
}
