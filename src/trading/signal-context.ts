/** What the maker of a signal knows about it. */
export interface SignalContext {
  /** Bars that the signal forecasts. */
  readonly horizonBars: number;
  /** Of the log return over these bars, as the model's errors show it; undefined where it is not known. */
  readonly moveVariance?: number | undefined;
}
