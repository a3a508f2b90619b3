import { findBot, needsTorch } from '../../domain/bots.js';
import type { ModelRecord } from '../../domain/model-record.js';
import { barIndex } from '../../domain/timeframe.js';
import type { IncrementOptions } from '../options/training-options.js';
import { hasCurrentFeatures } from '../../models/trust.js';

/** What is known of a key when its model is to be continued. */
export interface IncrementFacts {
  readonly bot: string;
  readonly serving: ModelRecord | undefined;
  readonly isPinned: boolean;
  /** Newest stored candle of the series. */
  readonly newestOpenTime: number | undefined;
}

export interface IncrementLimits extends IncrementOptions {
  readonly labelHorizonBars: number;
  readonly maxModelMb: number;
}

export type IncrementPlan =
  | { readonly status: 'continue'; readonly parent: ContinuedParent }
  /** Grown to its limits: a full fit is due instead. */
  | { readonly status: 'refit'; readonly reason: string }
  | { readonly status: 'skip'; readonly reason: string };

/** A model that can be continued. */
export interface ContinuedParent {
  readonly record: ModelRecord;
  readonly thresholds: NonNullable<ModelRecord['thresholds']>;
  readonly classMeanReturns: NonNullable<ModelRecord['classMeanReturns']>;
  /** Close time of the newest candle that its judged model has seen. */
  readonly judgedEnd: number;
  /** Increments between it and its last full fit. */
  readonly increments: number;
}

/** Whether a key's model is continued, refitted because it has grown to its limits, or left as it is. */
export function planIncrement(facts: IncrementFacts, limits: IncrementLimits): IncrementPlan {
  const { serving, bot, isPinned } = facts;
  if (findBot(bot)?.isContinued !== true) {
    return skip(`a ${bot} model cannot be continued`);
  }
  if (serving === undefined) return skip('no model serves');
  if (isPinned) return skip('its model is pinned');
  if (!hasCurrentFeatures(serving)) return skip('formulas of its features have changed');
  const parent = findParent(serving);
  if (parent === undefined) return skip('its model was trained before models could be continued');
  const growth = findGrowth(parent, limits);
  if (growth !== undefined) return { status: 'refit', reason: growth };
  const few = findTooFew(parent, facts, limits);
  return few === undefined ? { status: 'continue', parent } : skip(few);
}

/** These facts are in the record's `config`. */
function findParent(record: ModelRecord): ContinuedParent | undefined {
  const { thresholds, classMeanReturns, dataEnd, modelPath, config } = record;
  const { judgedEnd, increments = 0 } = config as { judgedEnd?: number; increments?: number };
  if (judgedEnd === undefined || dataEnd === undefined || modelPath === undefined) return undefined;
  if (thresholds === undefined || classMeanReturns === undefined) return undefined;
  return { record, thresholds, classMeanReturns, judgedEnd, increments };
}

function findGrowth(
  { record, increments }: ContinuedParent,
  limits: IncrementLimits,
): string | undefined {
  const { treeCount = 0 } = record.config as { treeCount?: number };
  const { maxIncrements, maxTrees, maxModelMb, iterations, labelHorizonBars } = limits;
  if (record.horizonBars !== labelHorizonBars) {
    return `LABEL_HORIZON_BARS is ${labelHorizonBars}, its model looks ${record.horizonBars} bars ahead`;
  }
  if (increments >= maxIncrements) return `${increments} increments in a row`;
  // A network does not grow.
  if (needsTorch(record.bot)) return undefined;
  if (treeCount + iterations > maxTrees) return `${treeCount} trees and ${iterations} more`;
  const sizeMb = ((record.modelSizeMb ?? 0) * (treeCount + iterations)) / Math.max(treeCount, 1);
  return sizeMb > maxModelMb ? `about ${sizeMb.toFixed(1)} MB` : undefined;
}

function findTooFew(
  { record }: ContinuedParent,
  { newestOpenTime }: IncrementFacts,
  { minNewBars }: IncrementLimits,
): string | undefined {
  const { dataEnd = 0, timeframe } = record;
  const firstNew = barIndex(dataEnd, timeframe);
  const newBars =
    newestOpenTime === undefined
      ? 0
      : Math.max(0, barIndex(newestOpenTime, timeframe) + 1 - firstNew);
  if (newBars >= minNewBars) return undefined;
  return `${newBars} new candles since its model's data, ${minNewBars} are needed`;
}

function skip(reason: string): IncrementPlan {
  return { status: 'skip', reason };
}
