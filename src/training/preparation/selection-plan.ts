import { needsTorch } from '../../domain/bots.js';
import type { ModelRecord } from '../../domain/model-record.js';
import { MAX_DEEP_FEATURES } from '../options/bot-params.js';
import type { FeatureSelection } from '../trainer-process/trainer-job.js';

const DAY_MS = 86_400_000;
/** Market time after which features are selected again. */
export const MAX_SELECTION_AGE_DAYS = 28;
const RFE_STEPS = 3;

export interface SelectionRequest {
  /** Features that are left after sanitising. */
  readonly candidates: readonly string[];
  readonly trainRows: number;
  readonly catalogueHash: string;
  /** Earlier models of the key, newest first. */
  readonly earlier: readonly EarlierSelection[];
  readonly marketMs: number;
  readonly minRfeSamples: number;
  readonly maxBaselineFeatures: number;
}

/** A network gets few features, by the importance of trees: what they eliminate one by one it may still use. */
export function selectionLimits(
  bot: string,
  limits: Pick<SelectionRequest, 'minRfeSamples' | 'maxBaselineFeatures'>,
): Pick<SelectionRequest, 'minRfeSamples' | 'maxBaselineFeatures'> {
  const { minRfeSamples, maxBaselineFeatures } = limits;
  if (!needsTorch(bot)) return { minRfeSamples, maxBaselineFeatures };
  return {
    minRfeSamples: Infinity,
    maxBaselineFeatures: Math.min(maxBaselineFeatures, MAX_DEEP_FEATURES),
  };
}

/** The features of an earlier model; `config.selectedBy` says how they were chosen. */
export type EarlierSelection = Pick<
  ModelRecord,
  'selectedAt' | 'catalogueHash' | 'features' | 'config'
>;

export interface SelectionPlan {
  readonly selection: FeatureSelection;
  /** How the features are, or once were, chosen: decides whether a later fit may reuse them. */
  readonly chosenBy: 'rfe' | 'importance' | 'none';
  /** Market time of the choice. */
  readonly selectedAt: number;
}

/**
 * How a fit gets its features: from an earlier fit, where they are young enough and were chosen the same way; else
 * by recursive elimination, or by importance where the training split is too short for that.
 */
export function planSelection(request: SelectionRequest): SelectionPlan {
  const { candidates, trainRows, minRfeSamples, maxBaselineFeatures, marketMs } = request;
  if (candidates.length <= maxBaselineFeatures) {
    return { selection: { method: 'none' }, chosenBy: 'none', selectedAt: marketMs };
  }
  const chosenBy = trainRows < minRfeSamples ? 'importance' : 'rfe';
  const reusable = request.earlier.find((record) => isReusable(record, chosenBy, request));
  if (reusable?.selectedAt !== undefined) {
    const selection = { method: 'reuse', features: reusable.features } as const;
    return { selection, chosenBy, selectedAt: reusable.selectedAt };
  }
  const maxFeatures = maxBaselineFeatures;
  const selection: FeatureSelection =
    chosenBy === 'rfe'
      ? { method: 'rfe', maxFeatures, steps: RFE_STEPS }
      : { method: 'importance', maxFeatures };
  return { selection, chosenBy, selectedAt: marketMs };
}

function isReusable(
  record: EarlierSelection,
  chosenBy: string,
  request: SelectionRequest,
): boolean {
  const { selectedAt, catalogueHash, features, config } = record;
  if (selectedAt === undefined || features.length === 0) return false;
  if (features.length > request.maxBaselineFeatures || config['selectedBy'] !== chosenBy)
    return false;
  const isYoung = request.marketMs - selectedAt < MAX_SELECTION_AGE_DAYS * DAY_MS;
  const available = new Set(request.candidates);
  return (
    isYoung &&
    catalogueHash === request.catalogueHash &&
    features.every((name) => available.has(name))
  );
}
