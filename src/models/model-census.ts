import { modelKeyText, type ModelKey } from '../domain/model-key.js';
import type { ModelRecord } from '../domain/model-record.js';
import {
  judgeTrust,
  toServingFacts,
  type AgeLimits,
  type ServingFacts,
  type UntrustedReason,
} from './trust.js';

/** Of the models that are wanted: which may serve, and why the others may not. */
export interface ModelCensus {
  readonly wanted: readonly ModelKey[];
  readonly trusted: readonly ModelKey[];
  /** Keys with a model that may not serve. */
  readonly untrusted: readonly UntrustedModel[];
  /** Keys without a model. */
  readonly missing: readonly ModelKey[];
}

export interface UntrustedModel {
  readonly key: ModelKey;
  readonly modelUid: string;
  readonly reason: UntrustedReason;
}

export interface CensusOptions {
  readonly models: {
    /** Of each key that a model serves: changes with its record. */
    readStamps(venue: string): Promise<ReadonlyMap<string, string>>;
    findServing(key: ModelKey): Promise<ModelRecord | undefined>;
  };
  readonly limits: AgeLimits;
}

/** Counts models by what is stored, so that an active daemon and one that stands by count alike. */
export class CensusTaker {
  readonly #options: CensusOptions;
  /** Records are large and seldom change: each is read once a stamp. */
  readonly #known = new Map<string, { readonly stamp: string; readonly facts: ServingFacts }>();

  constructor(options: CensusOptions) {
    this.#options = options;
  }

  /** @param wanted keys of one venue, each once */
  async take(
    wanted: readonly ModelKey[],
    now: { readonly wallMs: number; readonly marketMs: number },
  ): Promise<ModelCensus> {
    const { models, limits } = this.#options;
    const [first] = wanted;
    const stamps = first === undefined ? NO_STAMPS : await models.readStamps(first.venue);
    const trusted: ModelKey[] = [];
    const untrusted: UntrustedModel[] = [];
    const missing: ModelKey[] = [];
    for (const key of wanted) {
      const serving = await this.#findServing(key, stamps.get(modelKeyText(key)));
      if (serving === undefined) {
        missing.push(key);
        continue;
      }
      const trust = judgeTrust({ serving, latest: undefined, cooldown: undefined }, limits, now);
      if (trust.status === 'trusted') trusted.push(key);
      else untrusted.push({ key, modelUid: serving.record.uid, reason: trust.reason });
    }
    return { wanted, trusted, untrusted, missing };
  }

  async #findServing(key: ModelKey, stamp: string | undefined): Promise<ServingFacts | undefined> {
    const text = modelKeyText(key);
    const known = this.#known.get(text);
    if (stamp !== undefined && known?.stamp === stamp) return known.facts;
    this.#known.delete(text);
    const record = stamp === undefined ? undefined : await this.#options.models.findServing(key);
    if (record === undefined || stamp === undefined) return undefined;
    const facts = toServingFacts(record, record.errorMessage);
    this.#known.set(text, { stamp, facts });
    return facts;
  }
}

const NO_STAMPS: ReadonlyMap<string, string> = new Map();
