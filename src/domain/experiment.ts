/** One way to train that is compared with others. The first of an experiment is its control. */
export interface Variant {
  readonly name: string;
  /** By the names of the settings, as text; what is not among them is as the daemon has it. */
  readonly settings: Readonly<Record<string, string>>;
}

/** Variants that are trained and judged on the same candles. */
export interface Experiment {
  readonly uid: string;
  readonly venue: string;
  readonly name: string;
  readonly bot: string;
  /** Unified symbols. */
  readonly symbols: readonly string[];
  readonly timeframes: readonly string[];
  readonly variants: readonly Variant[];
  readonly seeds: readonly number[];
  readonly sessionUid: string;
  /** Market time: no job sees a candle that closed later. */
  readonly cutAt: number;
  /** Wall time. */
  readonly createdAt: number;
}

/** How the jobs of one variant and seed are trained; or one job, whose model becomes a shadow. */
export interface Trial {
  readonly uid: string;
  readonly experimentUid: string;
  readonly purpose: 'experiment' | 'shadow';
  readonly variant: string;
  readonly seed: number;
  /** Market time beyond which no candle is seen; a shadow is trained on the newest. */
  readonly cutAt: number | undefined;
  /** Training options that replace the daemon's; null for one that is undefined. */
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * Sums over the test rows of one day (UTC). Losses of a classifier are log losses in nat. A regressor's are squared
 * errors over the mean squared return, and for its direction 1 for each wrong sign.
 */
export interface DayScore {
  /** Days since 1970. */
  readonly day: number;
  readonly rows: number;
  readonly loss: number;
  /** Of the class frequencies of the training part; of a regressor, of persistence. */
  readonly priorLoss: number;
  /** Rows whose label is not HOLD. */
  readonly directionRows: number;
  readonly directionLoss: number;
  readonly directionPriorLoss: number;
  /** Direction rows whose side was the likelier one to the model. */
  readonly directionHits: number;
}

/** What is kept of one job of an experiment. */
export interface TrialScore {
  readonly jobUid: string;
  readonly experimentUid: string;
  readonly trialUid: string;
  readonly symbol: string;
  readonly timeframe: string;
  /** Covers times, returns, labels and split of all rows. */
  readonly rowsHash: string;
  /** In the order of time. */
  readonly days: readonly DayScore[];
  /** Wall time. */
  readonly scoredAt: number;
}
