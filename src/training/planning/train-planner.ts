import { isGlobalBot, GLOBAL_SYMBOL } from '../../domain/bots.js';
import { modelKeyText, type ModelKey } from '../../domain/model-key.js';
import type { ModelRecord } from '../../domain/model-record.js';
import { barsADay } from '../../features/items/item-sequence.js';
import type { MarketClock } from '../../exchange/venue-clock.js';
import type { Clock } from '../../lib/clock.js';
import { stampOf, type StoredModelRecord } from '../../storage/stores/model-row.js';
import type { Stores } from '../../storage/stores.js';
import { cooldownStateAt, type Moment } from '../../domain/training-cooldown.js';
import { findCause, judgeDue, type DueVerdict, type KeyFacts } from './due-verdict.js';
import { readHistory, type HistoryState } from './training-history.js';
import { trainingKeys } from '../options/training-keys.js';
import type { TrainingOptions } from '../options/training-options.js';

export interface TrainPlannerDependencies {
  readonly stores: Stores;
  /** A market's own clock also knows how fast its time passes. */
  readonly clock: Clock & Partial<Pick<MarketClock, 'wallMsUntil'>>;
  readonly options: TrainingOptions;
  /** Says what is wrong with a serving model's files, for whoever has seen it; undefined when nothing is. */
  readonly findArtefactFault?: ((record: ModelRecord) => string | undefined) | undefined;
}

const NOT_ASKED: HistoryState = { samples: 0, newestOpenTime: undefined, shortage: undefined };

/** Decides from stored state which keys are due for training, so that a missed cycle costs nothing. */
export class TrainPlanner {
  /** Keys whose rows turned out unusable, with the samples they had: asked again once there are others. */
  readonly #unusable = new Map<string, { samples: number; shortage: string }>();
  /** What serves each key, as it was last read: records are large and seldom change. */
  readonly #serving = new Map<string, StoredModelRecord>();

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
    for (const key of keys) verdicts.push(await this.judge(key, stamps.get(modelKeyText(key))));
    return verdicts;
  }

  /** Remembers that the stored candles gave too few rows, which only the rows themselves can show. */
  async rememberShortage(key: ModelKey, shortage: string): Promise<void> {
    const { samples } = await this.#readHistory(key);
    this.#unusable.set(modelKeyText(key), { samples, shortage });
  }

  /**
   * Asks for little at a time: records are large, and the event loop is to be free in between.
   *
   * @param stamp of the record that serves, where it is known: one read before with that stamp will do
   */
  async judge(key: ModelKey, stamp?: string): Promise<DueVerdict> {
    const { stores, options } = this.#dependencies;
    const first = await this.#readModels(key, stamp);
    const now = this.#now();
    if (findCause(first, options, now.marketMs) === undefined) return judgeDue(first, options, now);
    const openJob = await stores.jobs.findOpen(key);
    // Once more, after the job: one that ended between the two reads has brought its model by now.
    const facts = openJob === undefined ? await this.#readModels(key) : first;
    const cooldown = await stores.cooldowns.find(key);
    const history = await this.#readHistory(key);
    return judgeDue({ ...facts, openJob, cooldown, history }, options, now);
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
      history: NOT_ASKED,
    };
  }

  /** What stands against a new fit of the key, in words, whatever may be wrong with its model. */
  async findObstacle(key: ModelKey): Promise<string | undefined> {
    const cooldown = await this.#dependencies.stores.cooldowns.find(key);
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
    const history = await readHistory(stores, key, { options, marketMs: clock.marketMs() });
    const known = this.#unusable.get(modelKeyText(key));
    if (known === undefined || known.samples !== history.samples) return history;
    return { ...history, shortage: history.shortage ?? known.shortage };
  }
}

/** What was imported from files is for the bots that pool instruments. */
async function fileKeys(stores: Stores, { bots }: TrainingOptions): Promise<readonly ModelKey[]> {
  const global = bots.filter(isGlobalBot);
  if (global.length === 0) return [];
  const found = (await stores.series.listFileVenues()).filter(
    ({ timeframe }) => barsADay(timeframe) !== undefined,
  );
  return global.flatMap((bot) => found.map((one) => ({ ...one, symbol: GLOBAL_SYMBOL, bot })));
}
