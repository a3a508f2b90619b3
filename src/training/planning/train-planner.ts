import { isGlobalBot, GLOBAL_SYMBOL } from '../../domain/bots.js';
import { modelKeyText, type ModelKey } from '../../domain/model-key.js';
import type { TrainingJob } from '../../domain/training-job.js';
import type { ModelRecord } from '../../domain/model-record.js';
import { barsADay } from '../../features/items/item-sequence.js';
import type { MarketClock } from '../../exchange/venue-clock.js';
import type { Clock } from '../../lib/clock.js';
import { stampOf, type StoredModelRecord } from '../../storage/stores/model-row.js';
import type { Stores } from '../../storage/stores.js';
import { cooldownStateAt, type Moment } from '../../domain/training-cooldown.js';
import {
  findCause,
  judgeDue,
  openJobReason,
  PINNED_REASON,
  type DueVerdict,
  type KeyFacts,
} from './due-verdict.js';
import { CandleCounts, readHistory, type HistoryState } from './training-history.js';
import { trainingKeys } from '../options/training-keys.js';
import type { TrainingOptions } from '../options/training-options.js';

export interface TrainPlannerDependencies {
  readonly stores: Stores;
  /** A market's own clock also knows how fast its time passes. */
  readonly clock: Clock & Partial<Pick<MarketClock, 'wallMsUntil'>>;
  readonly options: TrainingOptions;
  /** Whether others work the queue off: what they find out is read from their jobs. */
  readonly isRemote?: boolean | undefined;
  /** What is wrong with a serving model's files; undefined when nothing is known to be. */
  readonly findArtefactFault?: ((record: ModelRecord) => string | undefined) | undefined;
}

/** More than a venue has keys. */
const MOST_OPEN_JOBS = 10_000;
const NOT_ASKED: HistoryState = { samples: 0, newestOpenTime: undefined, shortage: undefined };

/** Decides from stored state which keys are due for training, so that a missed cycle costs nothing. */
export class TrainPlanner {
  /** Keys whose candles gave too few rows, with the samples they had; retried when that number changes. */
  readonly #unusable = new Map<string, { samples: number; shortage: string }>();
  /** The job of each key whose shortage is remembered already. */
  readonly #heeded = new Map<string, string>();
  /** The serving record of each key as last read: records are large and seldom change. */
  readonly #serving = new Map<string, StoredModelRecord>();

  readonly #counts = new CandleCounts();
  /** Of the last cycle, by key. */
  readonly #verdicts = new Map<string, DueVerdict>();

  readonly #dependencies: TrainPlannerDependencies;

  constructor(dependencies: TrainPlannerDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * One verdict for each key, in the order in which they are to be trained.
   *
   * @param withFiles also of what was imported from files
   */
  async plan(withFiles: boolean): Promise<readonly DueVerdict[]> {
    const verdicts: DueVerdict[] = [];
    const { options, stores } = this.#dependencies;
    const imported = withFiles ? await fileKeys(stores, options) : [];
    const keys = [...trainingKeys(options), ...imported];
    const stamps = await stores.models.readStamps(options.venue);
    const openJobs = await this.#readOpenJobs();
    for (const key of keys) {
      const text = modelKeyText(key);
      const verdict =
        this.#stillOpen(text, openJobs.get(text)) ?? (await this.judge(key, stamps.get(text)));
      this.#verdicts.set(text, verdict);
      verdicts.push(verdict);
    }
    return verdicts;
  }

  async #readOpenJobs(): Promise<ReadonlyMap<string, TrainingJob>> {
    const { options, stores } = this.#dependencies;
    const found = new Map<string, TrainingJob>();
    for (const status of ['pending', 'running'] as const) {
      const filter = { venue: options.venue, status };
      const { rows } = await stores.jobs.list(filter, { limit: MOST_OPEN_JOBS, offset: 0 });
      for (const job of rows) {
        if (job.trialUid === undefined) found.set(modelKeyText(job), job);
      }
    }
    return found;
  }

  /** The last verdict where the same job is open as then: nothing else about the key is asked meanwhile. */
  #stillOpen(text: string, job: TrainingJob | undefined): DueVerdict | undefined {
    const last = this.#verdicts.get(text);
    const isOpen = last?.status === 'not_due' && last.obstacle === 'open_job';
    return job !== undefined && isOpen ? { ...last, reason: openJobReason(job) } : undefined;
  }

  /** Remembers that the stored candles gave too few rows, which only the preparation finds out. */
  async rememberShortage(key: ModelKey, shortage: string): Promise<void> {
    const { samples } = await this.#readHistory(key);
    this.#unusable.set(modelKeyText(key), { samples, shortage });
  }

  /**
   * @param stamp of the serving record, where it is known: a record read before with this stamp is used again
   */
  async judge(key: ModelKey, stamp?: string): Promise<DueVerdict> {
    const { stores, options } = this.#dependencies;
    const first = await this.#readModels(key, stamp);
    const now = this.#now();
    if (findCause(first, options, now.marketMs) === undefined) return judgeDue(first, options, now);
    const openJob = await stores.jobs.findOpen(key);
    // Read again after the job: a job that ended between the two reads has stored its model by now.
    if (openJob !== undefined) return judgeDue({ ...first, openJob }, options, now);
    const isAwaited =
      this.#dependencies.isRemote === true && (await stores.models.isPublished(key));
    const facts = await this.#readModels(key);
    const isPinned = await this.#isPinned(key, facts.serving);
    const cooldown = await stores.cooldowns.find(key);
    if (this.#dependencies.isRemote === true) await this.#heedShortage(key);
    const history = await this.#readHistory(key);
    return judgeDue({ ...facts, isAwaited, isPinned, cooldown, history }, options, now);
  }

  /** A worker elsewhere found too few rows: remembered once for each job, as the worker's lane would have done here. */
  async #heedShortage(key: ModelKey): Promise<void> {
    const job = await this.#dependencies.stores.jobs.latest(key);
    const text = modelKeyText(key);
    const isShort = job?.status === 'cancelled' && job.errorCode === 'waiting_for_history';
    if (!isShort || this.#heeded.get(text) === job.uid) return;
    this.#heeded.set(text, job.uid);
    await this.rememberShortage(key, job.errorMessage ?? '');
  }

  async #isPinned(key: ModelKey, serving: ModelRecord | undefined): Promise<boolean> {
    if (serving === undefined) return false;
    return (await this.#dependencies.stores.pins.find(key))?.modelUid === serving.uid;
  }

  async #readModels(key: ModelKey, stamp?: string): Promise<KeyFacts> {
    const { stores } = this.#dependencies;
    const known = this.#serving.get(modelKeyText(key));
    const isKnown = known !== undefined && stampOf(known) === stamp;
    const serving = isKnown ? known : await stores.models.findServing(key);
    if (serving !== undefined) this.#serving.set(modelKeyText(key), serving);
    return {
      key,
      serving,
      latest: serving ?? (await stores.models.latest(key)),
      damage: serving === undefined ? undefined : this.#dependencies.findArtefactFault?.(serving),
      cooldown: undefined,
      openJob: undefined,
      isAwaited: false,
      isPinned: false,
      history: NOT_ASKED,
    };
  }

  /** Why a full fit of the key cannot begin now, as text; undefined when it can. */
  async findObstacle(key: ModelKey): Promise<string | undefined> {
    const { stores } = this.#dependencies;
    if (await this.#isPinned(key, await stores.models.findServing(key))) return PINNED_REASON;
    const cooldown = await stores.cooldowns.find(key);
    const history = await this.#readHistory(key);
    const state =
      cooldown === undefined
        ? undefined
        : cooldownStateAt(cooldown, this.#now(), history.newestOpenTime);
    if (state?.isActive === true) return `cooldown after a ${cooldown?.kind ?? 'failure'}`;
    return history.shortage === undefined ? undefined : `waiting for history: ${history.shortage}`;
  }

  #now(): Moment {
    const { clock } = this.#dependencies;
    return {
      wallMs: clock.wallMs(),
      marketMs: clock.marketMs(),
      wallMsUntil: (marketMs) => clock.wallMsUntil?.(marketMs) ?? marketMs - clock.marketMs(),
    };
  }

  async #readHistory(key: ModelKey): Promise<HistoryState> {
    const { stores, options, clock } = this.#dependencies;
    const marketMs = clock.marketMs();
    const history = await readHistory(stores, key, { options, marketMs, counts: this.#counts });
    const known = this.#unusable.get(modelKeyText(key));
    if (known === undefined || known.samples !== history.samples) return history;
    return { ...history, shortage: history.shortage ?? known.shortage };
  }
}

/** Series imported from files are trained by global bots only. */
async function fileKeys(stores: Stores, { bots }: TrainingOptions): Promise<readonly ModelKey[]> {
  const global = bots.filter(isGlobalBot);
  if (global.length === 0) return [];
  const found = (await stores.series.listFileVenues()).filter(
    ({ timeframe }) => barsADay(timeframe) !== undefined,
  );
  return global.flatMap((bot) => found.map((one) => ({ ...one, symbol: GLOBAL_SYMBOL, bot })));
}
