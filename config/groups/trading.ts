import { toBotName } from '../../src/domain/bots.js';
import { choice, custom, flag, number, numberOrAuto, optionalText } from '../setting.js';

export const TRADING_SETTINGS = {
  TRADING_MODE: choice({
    default: 'paper',
    among: ['paper', 'live'],
    help: 'Live trades with real money: it needs CONFIRM_LIVE and the key of an account (docs/live.md).',
  }),
  TRADE_TIMEFRAME: optionalText({
    help: 'Timeframe that trades. Default: the first of TIMEFRAMES.',
  }),
  TRADE_BOT: custom({
    default: undefined,
    expected: 'the name of a bot',
    read: toBotName,
    help: 'Bot that trades. Default: the first of BOTS.',
  }),
  PAPER_EQUITY: number({
    default: 10_000,
    min: 1,
    unit: 'quote currency',
    help: 'Cash at the first start.',
  }),
  POSITION_FRACTION: number({
    default: 0.1,
    min: 0.001,
    max: 1,
    help: 'Share of the equity that a position takes.',
  }),
  STOP_LOSS_PCT: number({
    default: 3,
    min: 0,
    max: 99,
    unit: 'percent',
    help: 'Loss at which a position is closed; 0 turns it off.',
  }),
  TAKE_PROFIT_PCT: number({
    default: 0,
    min: 0,
    max: 10_000,
    unit: 'percent',
    help: 'Gain at which a position is closed; 0 turns it off.',
  }),
  FEE_RATE: number({
    default: 0.001,
    min: 0,
    max: 0.1,
    help: "Taker fee as a share of a fill's value.",
  }),
  MAX_HOLD_BARS: numberOrAuto({
    min: 0,
    max: 100_000,
    isWhole: true,
    unit: 'bars',
    clock: 'market',
    help: "Longest holding time. `auto`: the model's horizon, prolonged while the newest signal says BUY; 0 turns it off.",
  }),
  MIN_EDGE_COSTS: number({
    default: 1,
    min: 0,
    max: 100,
    help: 'Least expected move in costs of a round trip.',
  }),
  MAX_DECISION_LAG_SEC: numberOrAuto({
    min: 1,
    max: 604_800,
    unit: 'seconds',
    clock: 'market',
    help: 'Oldest closed candle that is still acted on. `auto`: half a bar, never under 30 s of wall time.',
  }),
  ALLOW_FALLBACK_EXECUTION: flag({ default: false, help: 'Let fallback signals trade.' }),
  MIN_MODEL_CONFIDENCE: number({
    default: 40,
    min: 0,
    max: 100,
    unit: 'percent',
    help: 'Least confidence of a model to open.',
  }),
  MIN_FALLBACK_CONFIDENCE: number({
    default: 60,
    min: 0,
    max: 100,
    unit: 'percent',
    help: 'Least confidence of the fallback to open.',
  }),
  BACKTEST_SPREAD_PCT: number({
    default: 0.02,
    min: 0,
    max: 10,
    unit: 'percent',
    help: 'Distance of ask and bid that a backtest assumes where no quotes are stored, of the price.',
  }),
  BACKTEST_SLIPPAGE_PCT: number({
    default: 0,
    min: 0,
    max: 10,
    unit: 'percent',
    help: 'How much worse than its quote a fill of a backtest is.',
  }),
  BACKTEST_VOLUME_SHARE: number({
    default: 0.1,
    min: 0,
    max: 1,
    help: "Largest part of a bar's volume that an order of a backtest takes; 0 for no limit.",
  }),
} as const;
