import { modelKeyFor } from '../domain/bots.js';
import { modelKeyText, type ModelKey } from '../domain/model-key.js';
import { ageHours, type ModelRecord } from '../domain/model-record.js';
import { STALE_AFTER_HOURS } from '../domain/shown-status.js';
import type { FallbackReason } from '../domain/signal.js';
import type { TrainingCooldown } from '../domain/training-job.js';
import { featureHash } from '../features/feature-hash.js';
import type { Clock } from '../lib/clock.js';
import { messageOf } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import { openServingModel, type ServingModel } from './serving-model.js';

export type UntrustedReason = Exclude<FallbackReason, 'features_missing' | 'novel'>;

export type ServingChoice =
  | { readonly status: 'trusted'; readonly model: ServingModel; readonly isStale: boolean }
  | {
      readonly status: 'untrusted';
      readonly reason: UntrustedReason;
      /** In words, for a person. */
      readonly detail: string;
      /** The serving model that is not trusted, where there is one. */
      readonly record: ModelRecord | undefined;
    };

export interface ServingModelsOptions {
  readonly models: {
    findServing(key: ModelKey): Promise<ModelRecord | undefined>;
    /** Newest record of any stage. */
    latest(key: ModelKey): Promise<ModelRecord | undefined>;
  };
  readonly cooldowns: { find(key: ModelKey): Promise<TrainingCooldown | undefined> };
  /** What is known of an instrument besides its prices; without it, nothing. */
  readonly itemAttributes?:
    { find(venue: string, symbol: string): Promise<Readonly<Record<string, string>>> } | undefined;
  readonly modelsDir: string;
  /** `MODEL_MAX_AGE_HOURS`, by market time. */
  readonly maxAgeHours: number;
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

  /** The serving model, or the first reason that holds why none may be trusted. */
  async find(instrument: ModelKey): Promise<ServingChoice> {
    const key = modelKeyFor(instrument);
    const opened = this.#opened.get(modelKeyText(key)) ?? (await this.#open(key));
    const choice = opened === undefined ? await this.#explainAbsence(key) : this.#judge(opened);
    if (choice.status === 'untrusted' || choice.model.specification.items === undefined)
      return choice;
    const { venue, symbol } = instrument;
    const attributes = await this.#options.itemAttributes?.find(venue, symbol);
    return { ...choice, model: { ...choice.model, attributes } };
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
  reportDamaged(model: ServingModel, detail: string): void {
    const text = modelKeyText(model.key);
    const opened = this.#opened.get(text);
    if (opened?.status !== 'open' || opened.model.record.uid !== model.record.uid) return;
    this.#opened.set(text, this.#noteDamage(model.record, detail));
  }

  async #open(key: ModelKey): Promise<Opened | undefined> {
    const { maxFileBytes, models, modelsDir } = this.#options;
    const invalidations = this.#invalidations;
    const record = await models.findServing(key);
    if (record === undefined) return undefined;
    const opened = await openServingModel({ record, modelsDir, maxFileBytes }).then(
      (model): Opened => ({ status: 'open', model }),
      (error: unknown) => this.#noteDamage(record, messageOf(error)),
    );
    if (invalidations === this.#invalidations) this.#opened.set(modelKeyText(key), opened);
    return opened;
  }

  #noteDamage(record: ModelRecord, detail: string): Opened {
    this.#options.logger.error('Serving model is damaged: fallback until it is replaced', {
      key: modelKeyText(record),
      modelUid: record.uid,
      detail,
    });
    return { status: 'damaged', record, detail };
  }

  #judge(opened: Opened): ServingChoice {
    const record = opened.status === 'open' ? opened.model.record : opened.record;
    const untrusted = (reason: UntrustedReason, detail: string): ServingChoice => ({
      status: 'untrusted',
      reason,
      detail,
      record,
    });
    const change = findFeatureChange(record);
    if (change !== undefined) return untrusted('features_changed', change);
    const hours = ageHours(record, this.#options.clock.marketMs());
    if (hours > this.#options.maxAgeHours) {
      const age = `${hours.toFixed(1)} hours old`;
      return untrusted('expired', `${age}, at most ${this.#options.maxAgeHours} are trusted`);
    }
    if (opened.status === 'damaged') return untrusted('inference_error', opened.detail);
    return { status: 'trusted', model: opened.model, isStale: hours > STALE_AFTER_HOURS };
  }

  async #explainAbsence(key: ModelKey): Promise<ServingChoice> {
    const newest = await this.#options.models.latest(key);
    if (newest?.stage === 'rejected') {
      return absent('rejected', newest.verdict?.reason ?? 'the newest model was rejected');
    }
    const cooldown = await this.#options.cooldowns.find(key);
    if (cooldown !== undefined && cooldown.until > this.#options.clock.wallMs()) {
      return absent('cooldown', cooldown.reason);
    }
    return absent('untrained', 'no model has been trained yet');
  }
}

function absent(reason: UntrustedReason, detail: string): ServingChoice {
  return { status: 'untrusted', reason, detail, record: undefined };
}

/** Names what differs between the features that the model was trained on and today's formulas. */
export function findFeatureChange(record: ModelRecord): string | undefined {
  try {
    const today = featureHash(record.features, record.referenceSymbol);
    if (today === record.featureHash) return undefined;
    return 'the formula of a feature, or the reference symbol, is another than in training';
  } catch (error) {
    return messageOf(error);
  }
}
