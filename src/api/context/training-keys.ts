import { EMBEDDING_BOT, modelKeyFor, needsTorch } from '../../domain/bots.js';
import { modelKeyText, type ModelKey } from '../../domain/model-key.js';
import type { Timeframe } from '../../domain/timeframe.js';
import { TORCH_SETUP } from '../../training/trainer-process/torch-extra.js';
import { ApiError, badRequest } from '../http/answer-errors.js';
import type { ApiContext, ApiTraining } from './api-context.js';
import { resolveKey } from './symbols.js';

export interface AskedKeys {
  readonly symbols?: readonly string[] | undefined;
  readonly timeframes?: readonly Timeframe[] | undefined;
  readonly bots?: readonly string[] | undefined;
  readonly discover?: 'collected' | undefined;
  /** The windows of the series in place of models. */
  readonly isEmbedding?: boolean;
}

/** What trains here. @throws ApiError while nothing does: before the venue is known, and on standby */
export function getTraining({ training }: ApiContext): ApiTraining {
  const found = training();
  if (found !== undefined) return found;
  const message = 'This daemon does not train now: it starts, or stands by while another one works';
  throw new ApiError(503, 'not_training', message);
}

/** Every combination that has candles; what is left out is what the daemon trains by itself. */
export async function resolveKeys(
  context: ApiContext,
  asked: AskedKeys,
): Promise<readonly ModelKey[]> {
  const { options } = getTraining(context);
  const isEmbedding = asked.isEmbedding === true;
  const bots = isEmbedding ? [EMBEDDING_BOT] : (asked.bots ?? options.bots);
  if (!isEmbedding) for (const bot of bots) assertBot(bot, options.bots);
  const series = await context.stores.series.list({ venue: options.venue });
  const names =
    asked.symbols === undefined ? undefined : await resolveSymbols(context, asked.symbols);
  const wanted = new Set(names ?? options.symbols);
  const isAll = asked.discover !== undefined && names === undefined;
  const timeframes = new Set<string>(asked.timeframes ?? (isAll ? [] : options.timeframes));
  const found = series.filter(
    ({ symbol, timeframe }) =>
      (isAll || wanted.has(symbol)) && (timeframes.size === 0 || timeframes.has(timeframe)),
  );
  if (found.length === 0) throw badRequest('No candles of these are stored', 'timeframes');
  const keys = found.flatMap(({ venue, symbol, timeframe }) =>
    [...new Set(bots)].map((bot) => modelKeyFor({ venue, symbol, timeframe, bot })),
  );
  return [...new Map(keys.map((key) => [modelKeyText(key), key])).values()];
}

export function assertBot(bot: string, known: readonly string[]): void {
  if (known.includes(bot)) return;
  const extra = needsTorch(bot) ? `; it needs "${TORCH_SETUP}" and its name in BOTS` : '';
  throw badRequest(`bot "${bot}" is not among ${known.join(', ')}${extra}`, 'bots');
}

async function resolveSymbols(
  context: ApiContext,
  texts: readonly string[],
): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const symbol of texts) found.add((await resolveKey(context, { symbol })).key.symbol);
  return [...found];
}
