/** Why a position was left, as `trades.csv` names it. */
export type TradeExit = 'signal' | 'stop' | 'target' | 'trailing' | 'hold' | 'halt' | 'end';

/** One position from its entry to its exit. Amounts are in quote currency unless the name says otherwise. */
export interface Trade {
  readonly symbol: string;
  /** Open time of the bar that filled the entry, epoch milliseconds. */
  readonly openedAt: number;
  readonly entryPrice: number;
  readonly closedAt: number;
  readonly exitPrice: number;
  readonly sizeBase: number;
  /** Fees of both sides. */
  readonly feeQuote: number;
  /** After fees. */
  readonly pnlQuote: number;
  /** The result after fees, of the entry's price times the size: 0.01 is 1 %. */
  readonly pnlFraction: number;
  readonly exit: TradeExit;
  readonly source: 'model' | 'fallback';
}
