import { modelKeyFor, GLOBAL_SYMBOL } from '../../domain/bots.js';
import { modelKeyText, type ModelKey } from '../../domain/model-key.js';
import type { TrainingOptions } from './training-options.js';

/** Every key that is to have a model: one for all instruments where the bot is global. */
export function trainingKeys(options: TrainingOptions): readonly ModelKey[] {
  const keys = instrumentKeys(options).map((key) => modelKeyFor(key));
  return [...new Map(keys.map((key) => [modelKeyText(key), key])).values()];
}

/** What names the instruments. */
export type InstrumentOptions = Pick<
  TrainingOptions,
  'venue' | 'symbols' | 'primarySymbol' | 'timeframes' | 'bots'
>;

/** The instruments that these models predict: a global model every instrument that is traded. */
export function spokenFor(
  models: readonly ModelKey[],
  options: InstrumentOptions,
): readonly ModelKey[] {
  const instruments = instrumentKeys(options);
  return models.flatMap((model) => {
    if (model.symbol !== GLOBAL_SYMBOL) return [model];
    const text = modelKeyText(model);
    return instruments.filter((key) => modelKeyText(modelKeyFor(key)) === text);
  });
}

/** Every key that has signals, the primary symbol's first: it trades and is the reference. */
export function instrumentKeys(options: InstrumentOptions): readonly ModelKey[] {
  const { venue, symbols, primarySymbol, timeframes, bots } = options;
  const others = symbols.filter((symbol) => symbol !== primarySymbol);
  const ordered = symbols.includes(primarySymbol) ? [primarySymbol, ...others] : others;
  return ordered.flatMap((symbol) =>
    timeframes.flatMap((timeframe) => bots.map((bot) => ({ venue, symbol, timeframe, bot }))),
  );
}
