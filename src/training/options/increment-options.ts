/** How serving models are continued. */
export interface IncrementOptions {
  /** Newest bars on which a model is continued and judged. */
  readonly windowBars: number;
  /** Trees that one increment adds. */
  readonly iterations: number;
  /** New candles under which there is nothing to learn. */
  readonly minNewBars: number;
  /** Increments in a row, and trees, after which a model is trained anew instead. */
  readonly maxIncrements: number;
  readonly maxTrees: number;
}

/** As the settings have them. Few trees: the same window is learnt again every few hours (docs/pooling.md). */
export const DEFAULT_INCREMENT: IncrementOptions = {
  windowBars: 1000,
  iterations: 5,
  minNewBars: 4,
  maxIncrements: 28,
  maxTrees: 1000,
};
