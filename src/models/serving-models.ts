import { modelKeyFor } from '../domain/bots.js';
import { modelKeyText, type ModelKey } from '../domain/model-key.js';
import type { ModelRecord } from '../domain/model-record.js';
import type { TrainingCooldown } from '../domain/training-job.js';
import type { Clock } from '../lib/clock.js';
import { messageOf } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import { openServingModel, type ServingModel } from './serving-model.js';
import { judgeTrust, type AgeLimits, type Trust, type TrustFacts } from './trust.js';

/** The verdict on a key, with the opened model where it is trusted. */
export type ServingChoice =
  | (Extract<Trust, { status: 'trusted' }> & { readonly model: ServingModel })
  | Extract<Trust, { status: 'untrusted' }>;

export interface ServingModelsOptions {
  readonly models: {
    findServing(key: ModelKey): Promise<ModelRecord | undefined>;
    /** Newest record of any stage. */
    latest(key: ModelKey): Promise<ModelRecord | undefined>;
    update(uid: string, changes: { readonly errorMessage: string | undefined }): Promise<unknown>;
  };
  readonly cooldowns: { find(key: ModelKey): Promise<TrainingCooldown | undefined> };
  /** What is known of an instrument besides its prices; without it, nothing. */
  readonly itemAttributes?:
    { find(venue: string, symbol: string): Promise<Readonly<Record<string, string>>> } | undefined;
  readonly modelsDir: string;
  readonly ageLimits: AgeLimits;
  /** `MAX_MODEL_MB` in bytes. */
  readonly maxFileBytes: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What is known of a key's serving model until the next promotion. */
type Opened =
  | { readonly status: 'open'; readonly model: ServingModel }
  | { readonly status: 'damaged'; readonly record: ModelRecord; readonly detail: string };

/**
 * Finds the model that serves a key and says whether it may be trusted. A serving model is read once
 * and remembered until `invalidate`; keys without one are looked up each time.
 */
export class ServingModels {
  readonly #options: ServingModelsOptions;
  readonly #opened = new Map<string, Opened>();
  /** Counts invalidations, so that what was read before one is not remembered after it. */
  #invalidations = 0;

  constructor(options: ServingModelsOptions) {
    this.#options = options;
  }

  /** The serving model, or the first reason why none may be trusted. */
  async find(instrument: ModelKey): Promise<ServingChoice> {
    const key = modelKeyFor(instrument);
    const opened = this.#opened.get(modelKeyText(key)) ?? (await this.#open(key));
    const trust = this.#judge(await this.#gatherFacts(key, opened));
    if (trust.status === 'untrusted') return trust;
    if (opened?.status !== 'open') throw new Error('A model that is not open cannot be trusted');
    return { ...trust, model: await this.#withAttributes(opened.model, instrument) };
  }

  /** Forgets what is remembered of a key: after a promotion, a rollback or a clearing. */
  invalidate(key: ModelKey): void {
    this.#invalidations++;
    this.#opened.delete(modelKeyText(modelKeyFor(key)));
  }

  /** What is wrong with a serving model's files, as far as it was found out. */
  findDamage(record: ModelRecord): string | undefined {
    const opened = this.#opened.get(modelKeyText(record));
    if (opened?.status !== 'damaged' || opened.record.uid !== record.uid) return undefined;
    return opened.detail;
  }

  /** Notes that a model's own file is to blame for a failure: it is not trusted again, and replaced. */
  async reportDamaged(model: ServingModel, detail: string): Promise<void> {
    const text = modelKeyText(model.key);
    const opened = this.#opened.get(text);
    if (opened?.status !== 'open' || opened.model.record.uid !== model.record.uid) return;
    this.#opened.set(text, { status: 'damaged', record: model.record, detail });
    await this.#recordDamage(model.record, detail);
  }

  async #open(key: ModelKey): Promise<Opened | undefined> {
    const { maxFileBytes, models, modelsDir } = this.#options;
    const invalidations = this.#invalidations;
    const record = await models.findServing(key);
    if (record === undefined) return undefined;
    const opened = await openServingModel({ record, modelsDir, maxFileBytes }).then(
      (model): Opened => ({ status: 'open', model }),
      (error: unknown): Opened => ({ status: 'damaged', record, detail: messageOf(error) }),
    );
    if (invalidations === this.#invalidations) this.#opened.set(modelKeyText(key), opened);
    const damage = opened.status === 'damaged' ? opened.detail : undefined;
    if (damage !== undefined || record.errorMessage !== undefined) {
      await this.#recordDamage(record, damage);
    }
    return opened;
  }

  /** Stored with the model, because a daemon that stands by cannot look at these files. */
  async #recordDamage(record: ModelRecord, detail: string | undefined): Promise<void> {
    const { logger, models } = this.#options;
    const model = { key: modelKeyText(record), modelUid: record.uid };
    if (detail !== undefined) {
      const message = 'Serving model is damaged: fallback until it is replaced';
      logger.error(message, { ...model, detail });
    }
    await models.update(record.uid, { errorMessage: detail }).catch((error: unknown) => {
      logger.warn('The state of a model could not be stored', { ...model, error });
    });
  }

  async #gatherFacts(key: ModelKey, opened: Opened | undefined): Promise<TrustFacts> {
    const { cooldowns, models } = this.#options;
    if (opened === undefined) {
      const latest = await models.latest(key);
      const cooldown = await cooldowns.find(key);
      return { serving: undefined, latest, damage: undefined, cooldown };
    }
    const isOpen = opened.status === 'open';
    return {
      serving: isOpen ? opened.model.record : opened.record,
      latest: undefined,
      damage: isOpen ? undefined : opened.detail,
      cooldown: undefined,
    };
  }

  #judge(facts: TrustFacts): Trust {
    const { ageLimits, clock } = this.#options;
    return judgeTrust(facts, ageLimits, { wallMs: clock.wallMs(), marketMs: clock.marketMs() });
  }

  /** Models over items read attributes of the instrument besides its prices. */
  async #withAttributes(model: ServingModel, { venue, symbol }: ModelKey): Promise<ServingModel> {
    if (model.specification.items === undefined) return model;
    return { ...model, attributes: await this.#options.itemAttributes?.find(venue, symbol) };
  }
}
