import type { BacktestRun, RetrainInterval, SignalKind } from '../../domain/backtest-run.js';

/** What a call asks to be tested. What is left out is what trades. */
export interface BacktestWish {
  readonly signals: SignalKind;
  /** Of models. */
  readonly retrain: RetrainInterval | undefined;
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  readonly symbols: readonly string[] | undefined;
  readonly timeframe: string | undefined;
  readonly bot: string | undefined;
  readonly set: Readonly<Record<string, string>>;
}

export type BacktestAnswer =
  | { readonly status: 'started'; readonly uid: string }
  | { readonly status: 'refused'; readonly field: string; readonly reason: string }
  /** One runs at a time. */
  | { readonly status: 'busy'; readonly reason: string };

/** Runs backtests for callers. */
export interface BacktestRequests {
  request(wish: BacktestWish): Promise<BacktestAnswer>;
  /** @returns false where this daemon does not run it */
  cancel(uid: string): Promise<boolean>;
  /** Takes one that has ended out of the lists, with its folder. */
  delete(run: Pick<BacktestRun, 'uid' | 'folder'>): Promise<void>;
}
