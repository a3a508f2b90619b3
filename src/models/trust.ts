import { ageHours, isStale, type ModelRecord } from '../domain/model-record.js';
import type { FallbackReason } from '../domain/signal.js';
import type { TrainingCooldown } from '../domain/training-job.js';
import { featureHash } from '../features/feature-hash.js';

/** Reasons that hold for every candle. The others are found while a single row is predicted. */
export type UntrustedReason = Exclude<FallbackReason, 'features_missing' | 'novel'>;

export type Trust =
  | { readonly status: 'trusted'; readonly record: ModelRecord; readonly isStale: boolean }
  | {
      readonly status: 'untrusted';
      readonly reason: UntrustedReason;
      /** In words, for a person. */
      readonly detail: string;
      /** The serving model that is not trusted, where there is one. */
      readonly record: ModelRecord | undefined;
    };

/** What is known of the model that serves a key. */
export interface ServingFacts {
  readonly record: ModelRecord;
  /** How its features differ from today's formulas. */
  readonly featureChange: string | undefined;
  /** What is wrong with its files, as far as it is known. */
  readonly damage: string | undefined;
}

/** @param damage what is wrong with the model's files */
export function toServingFacts(record: ModelRecord, damage: string | undefined): ServingFacts {
  return { record, featureChange: findFeatureChange(record), damage };
}

/** What the verdict on one key rests on. Facts about absence may be left out while a model serves. */
export interface TrustFacts {
  readonly serving: ServingFacts | undefined;
  /** Newest record of any stage. */
  readonly latest: ModelRecord | undefined;
  readonly cooldown: Pick<TrainingCooldown, 'until' | 'reason'> | undefined;
}

/** `MODEL_STALE_HOURS` and `MODEL_MAX_AGE_HOURS`, in hours of market time. */
export interface AgeLimits {
  readonly modelStaleHours: number;
  readonly modelMaxAgeHours: number;
}

/** The one rule that decides whether a model may serve; the first reason that holds is given. */
export function judgeTrust(
  facts: TrustFacts,
  limits: AgeLimits,
  now: { readonly wallMs: number; readonly marketMs: number },
): Trust {
  if (facts.serving === undefined) return explainAbsence(facts, now.wallMs);
  const { record, featureChange, damage } = facts.serving;
  if (featureChange !== undefined) return untrusted('features_changed', featureChange, record);
  const hours = ageHours(record, now.marketMs);
  const { modelMaxAgeHours, modelStaleHours } = limits;
  if (hours > modelMaxAgeHours) {
    const detail = `${hours.toFixed(1)} hours old, at most ${modelMaxAgeHours} are trusted`;
    return untrusted('expired', detail, record);
  }
  if (damage !== undefined) return untrusted('inference_error', damage, record);
  const { marketMs } = now;
  return {
    status: 'trusted',
    record,
    isStale: isStale(record, { marketMs, staleHours: modelStaleHours }),
  };
}

function explainAbsence({ latest, cooldown }: TrustFacts, wallMs: number): Trust {
  if (latest?.stage === 'rejected') {
    return untrusted('rejected', latest.verdict?.reason ?? 'the newest model was rejected');
  }
  if (cooldown !== undefined && cooldown.until > wallMs) {
    return untrusted('cooldown', cooldown.reason);
  }
  return untrusted('untrained', 'no model has been trained yet');
}

function untrusted(reason: UntrustedReason, detail: string, record?: ModelRecord): Trust {
  return { status: 'untrusted', reason, detail, record };
}

/** Whether today's catalogue still computes what the model was trained on. */
export function hasCurrentFeatures(record: ModelRecord): boolean {
  return findFeatureChange(record) === undefined;
}

/** Says what differs between the features that the model was trained on and today's formulas. */
export function findFeatureChange(record: ModelRecord): string | undefined {
  try {
    const today = featureHash(record.features, record.referenceSymbol);
    if (today === record.featureHash) return undefined;
    return 'the formula of a feature, or the reference symbol, has changed since training';
  } catch (error) {
    // The catalogue no longer has a feature.
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}
