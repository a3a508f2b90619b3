import { modelKeyFor } from '../domain/bots.js';
import { modelKeyText, type ModelKey } from '../domain/model-key.js';
import type { ModelRecord } from '../domain/model-record.js';
import type { TrainingCooldown } from '../domain/training-job.js';
import type { Clock } from '../lib/clock.js';
import { ConfigError, messageOf, TransientError } from '../lib/errors.js';
import { assertDefined } from '../lib/invariant.js';
import type { Logger } from '../lib/logger.js';
import type { ModelArtifacts } from './model-artifacts.js';
import { openServingModel, type ServingModel } from './serving-model.js';
import {
  judgeTrust,
  toServingFacts,
  type AgeLimits,
  type ServingFacts,
  type Trust,
  type TrustFacts,
} from './trust.js';

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
  /** Brings a model's files here where they are not. Default: nowhere else are any. */
  readonly artifacts?: Pick<ModelArtifacts, 'fetch'> | undefined;
  readonly modelsDir: string;
  readonly ageLimits: AgeLimits;
  /** `MAX_MODEL_MB` in bytes. */
  readonly maxFileBytes: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** After a failure the files of a model are asked for again. */
const ABSENT_PAUSE_MS = 30_000;

/** What is known of a key's serving model until the next promotion. */
interface Opened {
  readonly facts: ServingFacts;
  /** Undefined where its files are damaged. */
  readonly model: ServingModel | undefined;
  /** Wall time until which its files are not asked for again; undefined where they are here. */
  readonly absentUntil?: number | undefined;
}

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
    const { ageLimits, clock } = this.#options;
    const { facts, model } = await this.findFacts(instrument);
    const now = { wallMs: clock.wallMs(), marketMs: clock.marketMs() };
    const trust = judgeTrust(facts, ageLimits, now);
    if (trust.status === 'untrusted') return trust;
    // A model without damage has been opened.
    return { ...trust, model: assertDefined(model, `model ${trust.record.uid}`) };
  }

  /** What the verdict rests on until something of the key changes, with its model where that can be opened. */
  async findFacts(instrument: ModelKey): Promise<{
    readonly facts: TrustFacts;
    readonly model: ServingModel | undefined;
  }> {
    const key = modelKeyFor(instrument);
    const opened = this.#known(key) ?? (await this.#open(key));
    if (opened === undefined) return { facts: await this.#explainAbsence(key), model: undefined };
    const { facts, model } = opened;
    if (model === undefined) return { facts: present(facts), model };
    return { facts: present(facts), model: await this.#withAttributes(model, instrument) };
  }

  /** Forgets what is remembered of a key: after a promotion, a rollback or a clearing. */
  invalidate(key: ModelKey): void {
    this.#invalidations++;
    this.#opened.delete(modelKeyText(modelKeyFor(key)));
  }

  /** What is wrong with a serving model's files, as far as it was found out. */
  findDamage(record: ModelRecord): string | undefined {
    const opened = this.#opened.get(modelKeyText(record));
    // What is only not here yet need not be trained again.
    if (opened?.absentUntil !== undefined) return undefined;
    return opened?.facts.record.uid === record.uid ? opened.facts.damage : undefined;
  }

  /** Notes that a model's own file is to blame for a failure: it is not trusted again, and replaced. */
  async reportDamaged({ key, record }: ServingModel, detail: string): Promise<void> {
    const text = modelKeyText(key);
    const opened = this.#opened.get(text);
    if (opened?.model?.record.uid !== record.uid) return;
    const facts = { ...opened.facts, damage: detail };
    this.#opened.set(text, { facts, model: undefined });
    await this.#recordDamage(record, detail);
  }

  async #open(key: ModelKey): Promise<Opened | undefined> {
    const { models } = this.#options;
    const invalidations = this.#invalidations;
    const record = await models.findServing(key);
    if (record === undefined) return undefined;
    const opened = await this.#openRecord(record);
    if (invalidations === this.#invalidations) this.#opened.set(modelKeyText(key), opened);
    const { damage } = opened.facts;
    if (damage !== undefined || record.errorMessage !== undefined) {
      await this.#recordDamage(record, damage, opened.absentUntil === undefined);
    }
    return opened;
  }

  async #openRecord(record: ModelRecord): Promise<Opened> {
    const { artifacts, clock, maxFileBytes, modelsDir } = this.#options;
    const { modelPath, manifestSha256 } = record;
    try {
      if (modelPath !== undefined && manifestSha256 !== undefined) {
        await artifacts?.fetch({ modelPath, manifestSha256 });
      }
      const model = await openServingModel({ record, modelsDir, maxFileBytes });
      return { facts: toServingFacts(record, undefined), model };
    } catch (error) {
      const isAbsent = error instanceof TransientError || error instanceof ConfigError;
      const absentUntil = isAbsent ? clock.wallMs() + ABSENT_PAUSE_MS : undefined;
      return { facts: toServingFacts(record, messageOf(error)), model: undefined, absentUntil };
    }
  }

  /** What was opened before, unless it is time to ask for its files again. */
  #known(key: ModelKey): Opened | undefined {
    const opened = this.#opened.get(modelKeyText(key));
    const { absentUntil = Infinity } = opened ?? {};
    return this.#options.clock.wallMs() < absentUntil ? opened : undefined;
  }

  /** Stored with the model, because a daemon that stands by cannot look at these files. */
  async #recordDamage(
    record: ModelRecord,
    detail: string | undefined,
    isDamaged = true,
  ): Promise<void> {
    const { logger, models } = this.#options;
    const model = { key: modelKeyText(record), modelUid: record.uid };
    if (detail !== undefined) {
      const message = isDamaged
        ? 'Serving model is damaged: fallback until it is replaced'
        : 'Serving model cannot be fetched: fallback until the artifact store answers';
      logger.error(message, { ...model, detail });
    }
    await models.update(record.uid, { errorMessage: detail }).catch((error: unknown) => {
      logger.warn('The state of a model could not be stored', { ...model, error });
    });
  }

  async #explainAbsence(key: ModelKey): Promise<TrustFacts> {
    const { cooldowns, models } = this.#options;
    const latest = await models.latest(key);
    return { serving: undefined, latest, cooldown: await cooldowns.find(key) };
  }

  /** Models over items read attributes of the instrument besides its prices. */
  async #withAttributes(model: ServingModel, { venue, symbol }: ModelKey): Promise<ServingModel> {
    if (model.specification.items === undefined) return model;
    return { ...model, attributes: await this.#options.itemAttributes?.find(venue, symbol) };
  }
}

function present(serving: ServingFacts): TrustFacts {
  return { serving, latest: undefined, cooldown: undefined };
}
