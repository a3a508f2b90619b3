import type { Series } from '../../domain/market.js';
import type { DatabaseLocation } from '../../storage/connection/location.js';
import type { Followed } from '../index/outcomes.js';
import type { SeriesState } from '../index/series-file.js';
import type { QdrantOptions } from '../qdrant/qdrant-store.js';

/** Where the worker finds candles and keeps windows. */
export interface LookalikePlaces {
  readonly location: DatabaseLocation;
  /** Folder of the files, one for each series. */
  readonly folder: string;
  /** Rows of all series of a timeframe together that are kept in memory; each has the same share. */
  readonly maxRows: number;
  /** Undefined where the process searches itself. */
  readonly qdrant: QdrantOptions | undefined;
}

/** A series, and what its windows are computed with. */
export interface EmbeddedSeries {
  readonly series: Series;
  readonly reference: Series | undefined;
}

export interface ExtendRequest extends EmbeddedSeries {
  readonly kind: 'extend';
  /** First bar that is to have a row, and last one, which is stored with its reference's. */
  readonly firstIndex: number;
  readonly lastIndex: number;
  /** Rows that are computed at most. */
  readonly maxRows: number;
  /** True for a job, which begins a file and ends with its checksum. */
  readonly isJob: boolean;
}

export interface FindRequest {
  readonly kind: 'find';
  /** The series of the timeframe that are searched. */
  readonly among: readonly EmbeddedSeries[];
  readonly symbol: string;
  /** Number of the asked bar; the newest one that has a row where undefined. */
  readonly index: number | undefined;
  readonly count: number;
}

export type LookalikeRequest =
  | ExtendRequest
  | FindRequest
  | { readonly kind: 'states'; readonly among: readonly EmbeddedSeries[] }
  /** Rows from that bar on are out of date. */
  | { readonly kind: 'cut'; readonly series: Series; readonly fromIndex: number };

export interface LookalikeMessage {
  readonly id: number;
  readonly request: { readonly places: LookalikePlaces; readonly asked: LookalikeRequest };
}

export interface Extended {
  readonly status: 'extended';
  readonly state: SeriesState;
  readonly isComplete: boolean;
  /** Of the file, where a job has completed it. */
  readonly checksum: string | undefined;
}

/** A window that resembles the asked one, and what followed. */
export interface Lookalike {
  readonly symbol: string;
  /** Number of its last bar. */
  readonly index: number;
  readonly distance: number;
  /** Log returns after the bars of `OUTCOME_BARS`; NaN where one is not known. */
  readonly returns: readonly number[];
  /** Log price less that of its last bar, from its first bar to 24 bars after its last one. */
  readonly path: readonly number[];
}

export interface Found {
  readonly status: 'found';
  /** Number of the asked bar. */
  readonly index: number;
  /** Path of the asked window, without what followed. */
  readonly path: readonly number[];
  readonly lookalikes: readonly Lookalike[];
  readonly followed: readonly Followed[];
  /** Windows that were searched, bars that have none, and series. */
  readonly windows: number;
  readonly leftOut: number;
  readonly seriesReady: number;
}

export type FindAnswer =
  | Found
  /** The index of the asked series is not built. */
  | { readonly status: 'not_built' }
  /** The asked bar is later than the newest one that has a row. */
  | { readonly status: 'too_late'; readonly index: number }
  /** The asked bar has no window: a candle is missing. */
  | { readonly status: 'no_window'; readonly index: number };

export type LookalikeAnswer =
  | FindAnswer
  | Extended
  /** There is no file to extend, and only a job begins one. */
  | { readonly status: 'absent' }
  | { readonly status: 'states'; readonly states: readonly (SeriesState | undefined)[] }
  | { readonly status: 'cut' }
  /** What was thrown, as a value: errors lose their class on the way between threads. */
  | { readonly status: 'failed'; readonly message: string };
