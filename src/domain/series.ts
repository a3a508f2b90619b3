import type { Timeframe } from './timeframe.js';

/** The candles of one instrument at one venue on one timeframe. */
export interface Series {
  /** Local to this database. */
  readonly id: number;
  /** The same in every copy of the row. */
  readonly uid: string;
  readonly venue: string;
  readonly symbol: string;
  readonly marketId: string;
  readonly timeframe: Timeframe;
  /** Open time of the first bar that the venue has, once it is known. */
  readonly firstBarAt: number | undefined;
  /** False once a stretch of candles has shown that the venue reports no volume. */
  readonly hasVolume: boolean;
}

export type SeriesKey = Pick<Series, 'venue' | 'symbol' | 'timeframe'>;
