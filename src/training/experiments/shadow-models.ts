import type { Experiment, Trial } from '../../domain/experiment.js';
import type { ModelKey } from '../../domain/model-key.js';
import { ageHours, type ModelRecord } from '../../domain/model-record.js';
import type { ShadowModel } from '../../domain/shadow-model.js';
import type { Clock } from '../../lib/clock.js';
import { messageOf } from '../../lib/errors.js';
import type { Logger } from '../../lib/logger.js';
import { newUid } from '../../lib/uid.js';
import { deleteModelFolder, pruneVersions } from '../../models/artifact-cleanup.js';
import { ONE_FOLDER, type ModelArtifacts } from '../../models/model-artifacts.js';
import { openServingModel } from '../../models/serving-model.js';
import { findFeatureChange } from '../../models/trust.js';
import type { Page, Paged } from '../../storage/connection/row.js';
import type { ShadowFilter } from '../../storage/stores/shadow-store.js';
import type { Stores } from '../../storage/stores.js';
import { findPromotionRefusal } from '../attempt/promotion-refusal.js';
import type { TrainingOptions } from '../options/training-options.js';
import type { TrainingSessions } from '../queue/training-sessions.js';
import { scoreShadow, type ShadowScore } from './shadow-score.js';

/** Each answers every candle of its key. */
export const MAX_SHADOWS = 100;
/** Newest signals of a key that a score is made from. */
const SCORED_SIGNALS = 1_000;
const BYTES_A_MB = 2 ** 20;
const MOST_LEFT = 1_000;

export interface ShadowRequest {
  readonly key: ModelKey;
  readonly experiment: Experiment;
  readonly variant: string;
}

/** What was done, or why not. */
export type ShadowAnswerTo<T> =
  | ({ readonly status: 'done' } & T)
  | { readonly status: 'refused' | 'missing'; readonly reason: string };

export interface ShadowView {
  readonly shadow: ShadowModel;
  /** Undefined until it has a model. */
  readonly score: ShadowScore | undefined;
}

export interface ShadowModelsDependencies {
  readonly stores: Stores;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: TrainingOptions;
  readonly sessions: Pick<TrainingSessions, 'request'>;
  /** Kills the trainers of jobs under way. */
  readonly abort: (isMeant: (job: { readonly trialUid: string | undefined }) => boolean) => void;
  /** How folders of models reach other hosts. Default: all share one models' folder. */
  readonly artifacts?: ModelArtifacts | undefined;
  /** Called after it is stored that a model serves. */
  readonly onPromoted?: ((record: ModelRecord) => void) | undefined;
}

/**
 * Models of variants that answer live beside the serving ones: made by a job of their own on the newest candles,
 * scored on the same candles, removed or promoted by a person.
 */
export class ShadowModels {
  readonly #dependencies: ShadowModelsDependencies;

  constructor(dependencies: ShadowModelsDependencies) {
    this.#dependencies = dependencies;
  }

  /** Deletes the files of removed ones that a kill left. */
  async recover(): Promise<void> {
    const { stores, options } = this.#dependencies;
    const filter = { venue: options.venue, status: 'removed' } as const;
    const { rows } = await stores.shadows.list(filter, { limit: MOST_LEFT, offset: 0 });
    for (const shadow of rows) await this.#deleteFiles(shadow);
  }

  /** Stores a shadow model and queues the job that trains it. */
  async create(request: ShadowRequest): Promise<ShadowAnswerTo<{ readonly shadow: ShadowModel }>> {
    const { stores, clock, options, sessions } = this.#dependencies;
    const { key, experiment, variant } = request;
    const refusal = await this.#findRefusal(request);
    if (refusal !== undefined) return { status: 'refused', reason: refusal };
    const trials = await stores.experiments.listTrials(experiment.uid);
    const like = trials.find((trial) => trial.variant === variant);
    if (like === undefined) {
      const names = experiment.variants.map(({ name }) => name).join(', ');
      const reason = `Experiment ${experiment.uid} has no variant "${variant}"; it has ${names}`;
      return { status: 'refused', reason };
    }
    if (like.options['labelHorizonBars'] !== options.labelHorizonBars) {
      const reason = `Variant "${variant}" has another LABEL_HORIZON_BARS than this daemon: its answers cannot be compared with those of the serving model`;
      return { status: 'refused', reason };
    }
    const createdAt = clock.wallMs();
    const trial: Trial = {
      ...like,
      uid: newUid(createdAt),
      purpose: 'shadow',
      cutAt: undefined,
    };
    const { venue, symbol, timeframe, bot } = key;
    const shadow: ShadowModel = {
      venue,
      symbol,
      timeframe,
      bot,
      variant,
      createdAt,
      uid: newUid(createdAt),
      experimentUid: experiment.uid,
      trialUid: trial.uid,
      status: 'training',
      reason: undefined,
      record: undefined,
      modelPath: undefined,
      manifestSha256: undefined,
      endedAt: undefined,
    };
    await sessions.request({
      kind: 'experiment',
      name: `shadow model of ${experiment.name}: ${variant}`.slice(0, 255),
      priority: 'training-normal',
      config: { shadowId: shadow.uid },
      keys: [{ ...key, trialUid: trial.uid }],
      causeOf: () => 'shadow',
      alongside: async (tx) => {
        await tx.experiments.insertTrial(trial);
        await tx.shadows.insert(shadow);
      },
    });
    return { status: 'done', shadow };
  }

  /** With their scores, newest first. */
  async list(filter: ShadowFilter, page: Page): Promise<Paged<ShadowView>> {
    const { total, rows } = await this.#dependencies.stores.shadows.list(filter, page);
    const views: ShadowView[] = [];
    for (const row of rows) views.push(await this.#view(row));
    return { total, rows: views };
  }

  async find(uid: string): Promise<ShadowView | undefined> {
    const shadow = await this.#dependencies.stores.shadows.find(uid);
    return shadow === undefined ? undefined : this.#view(shadow);
  }

  /** Ends it, its training too, and deletes its files. What it said stays. */
  async remove(uid: string): Promise<ShadowAnswerTo<{ readonly shadow: ShadowModel }>> {
    const { stores, clock, abort } = this.#dependencies;
    const shadow = await stores.shadows.find(uid);
    if (shadow === undefined) return missing(uid);
    const to = { status: 'removed', endedAt: clock.wallMs(), reason: undefined } as const;
    if (!(await stores.shadows.change(uid, ['training', 'answering', 'failed'], to))) {
      return { status: 'refused', reason: `Shadow model ${uid} is ${shadow.status} already` };
    }
    const job = await stores.jobs.findOpen(shadow);
    if (job !== undefined) {
      const why = { code: 'cancelled', message: 'its shadow model was removed', at: to.endedAt };
      await stores.jobs.cancelOpen({ venue: shadow.venue, uid: job.uid }, why);
      abort(({ trialUid }) => trialUid === shadow.trialUid);
    }
    const removed = { ...shadow, ...to };
    await this.#deleteFiles(removed);
    return { status: 'done', shadow: { ...removed, modelPath: undefined } };
  }

  /** Makes its model serve, where the gate let it pass when it was trained. Its predecessor goes on where it may not. */
  async promote(uid: string): Promise<ShadowAnswerTo<{ readonly record: ModelRecord }>> {
    const { stores, options, logger, clock, onPromoted } = this.#dependencies;
    const shadow = await stores.shadows.find(uid);
    if (shadow === undefined) return missing(uid);
    const { record } = shadow;
    if (shadow.status !== 'answering' || record === undefined) {
      return { status: 'refused', reason: `Shadow model ${uid} is ${shadow.status}` };
    }
    const defect =
      findGateRefusal(record, options, clock.marketMs()) ?? (await this.#findDefect(shadow));
    if (defect !== undefined) return { status: 'refused', reason: defect };
    const answer = await stores.transaction<ShadowAnswerTo<{ readonly record: ModelRecord }>>(
      async (tx) => {
        await tx.models.lock(shadow);
        const reason = record.verdict?.reason ?? '';
        const refusal = await findPromotionRefusal(tx, shadow, { reason, parentUid: undefined });
        if (refusal !== undefined) return { status: 'refused', reason: refusal };
        const end = { status: 'promoted', endedAt: clock.wallMs(), modelPath: undefined } as const;
        if (!(await tx.shadows.change(uid, ['answering'], end))) {
          return { status: 'refused', reason: `Shadow model ${uid} has ended meanwhile` };
        }
        await tx.models.insert(record);
        return { status: 'done', record: await tx.models.promote(record.uid) };
      },
    );
    if (answer.status !== 'done') return answer;
    logger.warn('A shadow model serves on request', { shadow: uid, modelUid: record.uid });
    onPromoted?.(answer.record);
    const versions = { models: stores.models, modelsDir: options.modelsDir, logger };
    await pruneVersions(versions, { key: shadow, versionsKept: options.modelVersionsKept });
    return answer;
  }

  async #findRefusal({ key, experiment, variant }: ShadowRequest): Promise<string | undefined> {
    const { stores, options } = this.#dependencies;
    if (experiment.bot !== key.bot) {
      return `Experiment ${experiment.uid} is about ${experiment.bot}, not ${key.bot}`;
    }
    let open = 0;
    for (const status of ['training', 'answering'] as const) {
      const page = { limit: MAX_SHADOWS, offset: 0 };
      const { total, rows } = await stores.shadows.list({ venue: options.venue, status }, page);
      open += total;
      const same = rows.find(
        (one) =>
          one.symbol === key.symbol &&
          one.timeframe === key.timeframe &&
          one.experimentUid === experiment.uid &&
          one.variant === variant,
      );
      if (same !== undefined)
        return `Shadow model ${same.uid} is that variant already, and ${status}`;
    }
    if (open < MAX_SHADOWS) return undefined;
    return `There are ${open} shadow models, the most that may be: remove one first`;
  }

  async #view(stored: ShadowModel): Promise<ShadowView> {
    const { stores } = this.#dependencies;
    const shadow = await this.#seen(stored);
    const { record } = shadow;
    if (record === undefined) return { shadow, score: undefined };
    const answers = await stores.shadows.listAnswers(shadow.uid, SCORED_SIGNALS);
    const signals = await stores.signals.listResolved(shadow, { limit: SCORED_SIGNALS });
    const models = new Map<string, ModelRecord>();
    const uids = new Set(signals.flatMap((one) => (one.source === 'model' ? [one.modelUid] : [])));
    for (const uid of uids) {
      const model = await stores.models.find(uid);
      if (model !== undefined) models.set(uid, model);
    }
    const { uid } = shadow;
    return { shadow, score: scoreShadow({ shadow: { uid, record }, answers, signals, models }) };
  }

  /** One whose job was cancelled with its session or the queue has failed. */
  async #seen(shadow: ShadowModel): Promise<ShadowModel> {
    if (shadow.status !== 'training') return shadow;
    const { stores, clock } = this.#dependencies;
    const job = await stores.jobs.latest(shadow);
    if (job === undefined || job.status === 'pending' || job.status === 'running') return shadow;
    const reason = job.errorMessage ?? `its job is ${job.status}`;
    const to = { status: 'failed', reason, endedAt: clock.wallMs() } as const;
    if (await stores.shadows.change(shadow.uid, ['training'], to)) return { ...shadow, ...to };
    return (await stores.shadows.find(shadow.uid)) ?? shadow;
  }

  async #findDefect({
    record,
    modelPath,
    manifestSha256,
  }: ShadowModel): Promise<string | undefined> {
    const { options, artifacts = ONE_FOLDER } = this.#dependencies;
    if (record === undefined || modelPath === undefined || manifestSha256 === undefined) {
      return 'its files are gone';
    }
    try {
      await artifacts.fetch({ modelPath, manifestSha256 });
      const { modelsDir, maxModelMb } = options;
      await openServingModel({ record, modelsDir, maxFileBytes: maxModelMb * BYTES_A_MB });
      return undefined;
    } catch (error) {
      return `its files cannot be used: ${messageOf(error)}`;
    }
  }

  async #deleteFiles({ uid, modelPath, status }: ShadowModel): Promise<void> {
    const { stores, options } = this.#dependencies;
    if (modelPath === undefined) return;
    await deleteModelFolder(options.modelsDir, modelPath);
    const gone = { modelPath: undefined, manifestSha256: undefined };
    await stores.shadows.change(uid, [status], gone);
  }
}

/** Why a model may not serve by what the gate said of it when it was trained, or by its age. */
function findGateRefusal(
  record: ModelRecord,
  options: TrainingOptions,
  marketMs: number,
): string | undefined {
  const { verdict } = record;
  if (verdict?.isPromoted !== true)
    return `the gate refused it: ${verdict?.reason ?? 'no verdict'}`;
  if (verdict.gate !== options.promotionGate) {
    return `it was judged by the gate "${verdict.gate}", and PROMOTION_GATE is "${options.promotionGate}" now: make the shadow model again`;
  }
  const hours = ageHours(record, marketMs);
  if (hours > options.modelMaxAgeHours) {
    return `it is ${hours.toFixed(1)} hours old, at most ${options.modelMaxAgeHours} are trusted: make the shadow model again`;
  }
  return findFeatureChange(record);
}

function missing(uid: string): { readonly status: 'missing'; readonly reason: string } {
  return { status: 'missing', reason: `There is no shadow model ${uid}` };
}
