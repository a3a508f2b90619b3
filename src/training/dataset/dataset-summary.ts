import type { ClassCounts } from '../../domain/class-weights.js';
import type { LabelThresholds, SanitizationRecord } from '../../domain/model-record.js';
import type { AttributeCode } from '../../features/items/attribute-codes.js';
import type { FeatureTable } from './feature-file.js';
import type { Split } from './split.js';

/** Open times of rows, the first or the last of their part. */
export interface SplitTimes {
  readonly trainTo: number;
  readonly validationFrom: number;
  readonly validationTo: number;
  readonly testFrom: number;
}

/** Describes a dataset; plain data, so that it can be sent between processes. */
export interface DatasetSummary {
  /** Features before sanitising. */
  readonly rawFeatures: number;
  /** Real closed candles in the window. */
  readonly rawSamples: number;
  /** Rows of the final dataset. */
  readonly samples: number;
  /** Names of the features that are left. */
  readonly names: readonly string[];
  readonly sanitization: SanitizationRecord;
  readonly split: Split;
  /** Terciles of the training split only, or those that were asked for. */
  readonly thresholds: LabelThresholds;
  /** Thresholds that lay on the wrong side of 0 and were set to 0. */
  readonly adjustedThresholds: readonly ('sell' | 'buy')[];
  /** Of all final rows. */
  readonly classDistribution: ClassCounts;
  /** Of the training split. */
  readonly trainCounts: ClassCounts;
  /** Mean forward log return of SELL, HOLD and BUY in the training split. */
  readonly classMeanReturns: readonly [number, number, number];
  /** Open time of the first row. */
  readonly dataFrom: number;
  /** Open times of the rows at the cuts. */
  readonly cuts: SplitTimes;
  /** Close time of the newest candle that a row or label of the training part has seen. */
  readonly trainEnd: number;
  /** The same of the validation part: the judged model has seen nothing later. */
  readonly judgedEnd: number;
  /** The same of all rows: what the refit has seen. */
  readonly dataEnd: number;
  /** Of a model over many instruments. */
  readonly global?: GlobalDescription | undefined;
}

export type Dataset =
  | { readonly status: 'built'; readonly summary: DatasetSummary; readonly table: FeatureTable }
  | { readonly status: 'too_few_rows'; readonly reason: string };

/** What the model of a global bot needs to know besides its columns. */
export interface GlobalDescription {
  readonly codes: readonly AttributeCode[];
  /** Items that gave rows. */
  readonly items: number;
  /** Rows that the bootstrap draws together. */
  readonly blockRows: number;
}

/** Of a row that is no example: nothing is learnt from it, and nothing judged on it. */
export const NO_LABEL = -1;

/** Rows of each class. */
export function countClasses(labels: Int32Array): ClassCounts {
  const counts: [number, number, number] = [0, 0, 0];
  for (const label of labels) if (label !== NO_LABEL) counts[label as 0 | 1 | 2]++;
  return counts;
}

/** Mean return of the rows of each class; 0 for a class without rows. */
export function meanReturns(returns: Float64Array, labels: Int32Array): [number, number, number] {
  const sums: [number, number, number] = [0, 0, 0];
  const counts = countClasses(labels);
  labels.forEach((label, at) => {
    if (label !== NO_LABEL) sums[label as 0 | 1 | 2] += returns[at] ?? 0;
  });
  const meanOf = (at: 0 | 1 | 2): number => (counts[at] === 0 ? 0 : sums[at] / counts[at]);
  return [meanOf(0), meanOf(1), meanOf(2)];
}
