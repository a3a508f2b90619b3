import { crc32 } from 'node:zlib';
import { z } from 'zod';
import type { ModelKey } from '../domain/model-key.js';
import type { SeriesKey } from '../domain/market.js';
import type { Prediction, Probabilities } from '../domain/signal.js';
import { TIMEFRAMES } from '../domain/timeframe.js';

/** A model's prediction of one candle, as the cache keeps it. */
export interface CachedPrediction extends ModelKey {
  readonly modelUid: string;
  readonly candleOpenTime: number;
  /** Undefined for a model that predicts returns only. */
  readonly probabilities: Probabilities | undefined;
  /** Expected log return over the model's horizon. */
  readonly expectedReturn: number;
  /** Market time at which it was made; its time to live counts from here. */
  readonly predictedAt: number;
}

export function toCachedPrediction(prediction: Prediction): CachedPrediction {
  const { venue, symbol, timeframe, bot, modelUid, candleOpenTime } = prediction;
  const { probabilities, expectedReturn, predictedAt } = prediction;
  return {
    venue,
    symbol,
    timeframe,
    bot,
    modelUid,
    candleOpenTime,
    probabilities,
    expectedReturn,
    predictedAt,
  };
}

/** Whether a prediction used candles of this series: models look at those of the reference symbol too. */
export function isBasedOn(
  { venue, symbol, timeframe }: SeriesKey,
  referenceSymbol: string,
): (entry: CachedPrediction) => boolean {
  return (entry) =>
    entry.venue === venue &&
    entry.timeframe === timeframe &&
    (symbol === referenceSymbol || entry.symbol === symbol);
}

/** First line of the file: another one means another layout. */
export const CACHE_HEADER = 'evenkeel predictions 1';

const name = z.string().min(1).max(300);
const share = z.number().min(0).max(1);

const entrySchema = z.strictObject({
  venue: name,
  symbol: name,
  timeframe: z.enum(TIMEFRAMES),
  bot: name,
  modelUid: name,
  candleOpenTime: z.int(),
  probabilities: z.tuple([share, share, share]).optional(),
  expectedReturn: z.number(),
  predictedAt: z.int(),
});

/** One line with its checksum before it. */
export function toCacheLine(entry: CachedPrediction): string {
  const text = JSON.stringify({ ...entry, predictedAt: Math.round(entry.predictedAt) });
  return `${checksum(text)} ${text}\n`;
}

/** @returns undefined for a line that is not as it was written */
export function fromCacheLine(line: string): CachedPrediction | undefined {
  const text = line.slice(CHECKSUM_CHARS + 1);
  if (line.slice(0, CHECKSUM_CHARS + 1) !== `${checksum(text)} `) return undefined;
  const parsed = entrySchema.safeParse(JSON.parse(text));
  return parsed.success ? { probabilities: undefined, ...parsed.data } : undefined;
}

const CHECKSUM_CHARS = 8;

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(CHECKSUM_CHARS, '0');
}
