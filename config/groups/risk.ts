import { choice, custom, integer, number, numberOrAuto, text } from '../setting.js';
import { readLosingSymbol, readStopGuard, type PerBars } from '../setting-readers.js';

/** What keeps an entry small, or away. Every limit is off with 0, the two pairs with `off`. */
export const RISK_SETTINGS = {
  POSITION_SIZING: choice({
    default: 'fraction',
    among: ['fraction', 'volatility', 'kelly'],
    help: 'What sizes an entry: POSITION_FRACTION alone, the volatility of the symbol, or a part of the Kelly share. No entry is above POSITION_FRACTION.',
  }),
  VOLATILITY_TARGET_PCT: number({
    default: 1,
    min: 0,
    max: 100,
    unit: 'percent a day',
    help: 'By how much of the equity a position may move on a usual day, with POSITION_SIZING=volatility; 0 turns it off.',
  }),
  KELLY_FRACTION: number({
    default: 0.25,
    min: 0,
    max: 1,
    help: 'Part of the Kelly share that an entry takes, with POSITION_SIZING=kelly; 0 turns it off.',
  }),
  MAX_OPEN_POSITIONS: integer({
    default: 5,
    min: 0,
    max: 10_000,
    unit: 'positions',
    help: 'Most positions at a time; 0 for no limit.',
  }),
  MAX_EXPOSURE_PCT: number({
    default: 50,
    min: 0,
    max: 100,
    unit: 'percent',
    help: 'Largest share of the equity that is in positions after an entry; 0 for no limit.',
  }),
  CAPITAL: numberOrAuto({
    min: 0,
    max: 1e12,
    unit: 'quote currency',
    help: 'Amount that may be in positions in all, at what was paid. `auto` and 0: no limit of its own.',
  }),
  TRAILING_STOP_PCT: number({
    default: 0,
    min: 0,
    max: 99,
    unit: 'percent',
    help: 'Fall from the highest price since the entry at which a position is closed; 0 turns it off.',
  }),
  TRAILING_START_PCT: number({
    default: 0,
    min: 0,
    max: 10_000,
    unit: 'percent',
    help: 'Gain from which on the trailing stop follows; 0: from the entry on.',
  }),
  COOLDOWN_BARS: integer({
    default: 0,
    min: 0,
    max: 10_000,
    unit: 'bars',
    clock: 'market',
    help: 'Candles after an exit on which the symbol is not bought; 0 turns it off.',
  }),
  STOP_COOLDOWN_BARS: integer({
    default: 2,
    min: 0,
    max: 10_000,
    unit: 'bars',
    clock: 'market',
    help: 'Candles after a stop on which the symbol is not bought; 0 turns it off.',
  }),
  STOP_GUARD: custom<PerBars>({
    default: [3, 24],
    expected: 'off, or stops/bars like 3/24',
    read: readStopGuard,
    help: 'After that many stops within that many bars nothing is bought for as many bars.',
  }),
  LOSING_SYMBOL: custom<PerBars>({
    default: [-5, 168],
    expected: 'off, or percent/bars like -5/168',
    read: readLosingSymbol,
    help: 'When the results of the trades of a symbol within that many bars add up to that percentage or less, it is not bought for as many bars.',
  }),
  DAILY_LOSS_PCT: number({
    default: 3,
    min: 0,
    max: 100,
    unit: 'percent',
    help: 'Loss since the beginning of the UTC day after which nothing is bought until the next one; 0 turns it off.',
  }),
  MAX_DRAWDOWN_PCT: number({
    default: 15,
    min: 0,
    max: 100,
    unit: 'percent',
    help: 'Drawdown at which trading is halted until a person resumes it; 0 turns it off.',
  }),
  HALT_FILE: text({
    default: 'halt.txt',
    help: 'While this file exists, relative to the working directory, nothing is bought; with `close all` in it everything is sold.',
  }),
} as const;
