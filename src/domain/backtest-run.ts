/** How far a backtest is; `interrupted` is one whose process died. */
export const BACKTEST_STATES = ['running', 'done', 'failed', 'cancelled', 'interrupted'] as const;
export type BacktestState = (typeof BACKTEST_STATES)[number];

export const SIGNAL_KINDS = ['fallback', 'model'] as const;
export type SignalKind = (typeof SIGNAL_KINDS)[number];

/** How often models are trained in a backtest: every so many days, or once. */
export const RETRAIN_INTERVALS = ['7d', '1d', '30d', 'never'] as const;
export type RetrainInterval = (typeof RETRAIN_INTERVALS)[number];
export const DEFAULT_RETRAIN: RetrainInterval = '7d';

/** What a backtest is asked for, as the command's flags say it. */
export interface BacktestAsk {
  readonly signals: SignalKind;
  /** Of models; of no meaning for the rules, and missing in runs that were recorded before there were models. */
  readonly retrain?: RetrainInterval | undefined;
  /** First and last moment, epoch milliseconds; undefined for all that there is. */
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  /** Unified symbols or market ids; undefined for every one. */
  readonly symbols: readonly string[] | undefined;
  readonly timeframe: string;
  readonly bot: string;
  /** Folder of candle files; undefined for the stored candles. */
  readonly data: string | undefined;
  /** Settings of this run alone, by the names of their variables. */
  readonly set: Readonly<Record<string, string>>;
}

/** What a run is made of, known once its candles are read. */
export interface BacktestFacts {
  readonly venue: string;
  readonly dataHash: string;
  /** Open of the first bar and close of the last, epoch milliseconds. */
  readonly fromTime: number;
  readonly toTime: number;
  readonly symbols: readonly string[];
  readonly bars: number;
  /** The settings that decide what a run does, by the names of their variables. */
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  /** What each source of chance is seeded with. */
  readonly seeds: Readonly<Record<string, string>>;
}

type MaybeKnown<T> = { readonly [Name in keyof T]?: T[Name] | undefined };

/** A backtest as it is recorded. Times are wall times but for those of the facts. */
export interface BacktestRun extends MaybeKnown<BacktestFacts> {
  readonly uid: string;
  readonly state: BacktestState;
  /** Who asked: a person at the command line, or a call of the API. */
  readonly origin: 'command' | 'job';
  readonly ask: BacktestAsk;
  readonly timeframe: string;
  readonly bot: string;
  /** Of the programs that made it. */
  readonly versions: Readonly<Record<string, string>>;
  /** Machine, data folder and installation that it ran in. */
  readonly place: string;
  /** Share that is done, 0 to 1. */
  readonly progress: number;
  /** Seconds that a run under way still takes, as of its last progress; undefined while that is not known. */
  readonly etaSec: number | undefined;
  /** The figures of `result.json`. */
  readonly figures: Readonly<Record<string, unknown>> | undefined;
  /** Annualised Sharpe ratio: one try on these candles. */
  readonly sharpe: number | undefined;
  readonly error: string | undefined;
  /** Where its report lies. */
  readonly folder: string | undefined;
  readonly startedAt: number;
  readonly endedAt: number | undefined;
}
