import { TransientError } from '../../lib/errors.js';
import { findNearest, thin, type Neighbour } from '../index/find-nearest.js';
import {
  compareOutcomes,
  countWindows,
  forwardReturn,
  LONGEST_OUTCOME_BARS,
  OUTCOME_BARS,
} from '../index/outcomes.js';
import { findStored, LoadedSeries, type WindowRows } from '../index/window-rows.js';
import type { QdrantStore } from '../qdrant/qdrant-store.js';
import { EMBEDDING_BARS, STORED_SCALE } from '../transform/embed-windows.js';
import { fileOf, findCurrentState } from './extend-series.js';
import type {
  EmbeddedSeries,
  FindAnswer,
  FindRequest,
  Lookalike,
  LookalikePlaces,
} from './lookalike-protocol.js';

/** Of three neighbouring stretches two may overlap the window of the third. */
const STRETCHES_A_LOOKALIKE = 3;

/** Keeps the rows of series in memory, and answers from them. */
export class LookalikeFinder {
  readonly #loaded = new Map<string, LoadedSeries>();
  /** Series whose file is as it is in memory: this thread alone writes it. */
  readonly #current = new Set<string>();

  /** Rows of the series were added, or begun anew. */
  extended(uid: string): void {
    this.#current.delete(uid);
  }

  /** Rows of the series were taken away. */
  forget(uid: string): void {
    this.#loaded.delete(uid);
    this.#current.delete(uid);
  }

  async find(
    places: LookalikePlaces,
    request: FindRequest,
    store: QdrantStore | undefined,
  ): Promise<FindAnswer> {
    const share = Math.floor(places.maxRows / Math.max(1, request.among.length));
    const all = request.among.flatMap((one) => this.#load(places, one, share) ?? []);
    const own = all.find(({ symbol }) => symbol === request.symbol);
    if (own === undefined || own.length === 0) return { status: 'not_built' };
    const newest = own.firstIndex + own.length - 1;
    const index = request.index ?? newest;
    if (index > newest) return { status: 'too_late', index: newest };
    const query = findStored(own, index);
    if (query === undefined) return { status: 'no_window', index };
    // It ends before the asked window begins, and its outcome of 24 bars before the asked bar.
    const lastIndex = index - Math.max(EMBEDDING_BARS, LONGEST_OUTCOME_BARS + 1);
    const search = { query, lastIndex, count: STRETCHES_A_LOOKALIKE * request.count };
    const nearest =
      store === undefined
        ? findNearest(all, search)
        : await searchStore(store, request.among, search);
    const lookalikes = thin(nearest, request.count).flatMap((one) => describe(one, all) ?? []);
    const returns = lookalikes.map((one) => one.returns);
    return {
      status: 'found',
      index,
      path: pathOf(own, index, 0),
      lookalikes,
      followed: compareOutcomes(returns, all, lastIndex),
      ...countWindows(all, lastIndex),
      seriesReady: all.length,
    };
  }

  #load(places: LookalikePlaces, one: EmbeddedSeries, share: number): LoadedSeries | undefined {
    const { uid, symbol } = one.series;
    if (this.#current.has(uid)) return this.#loaded.get(uid);
    const state = findCurrentState(places, one);
    if (state === undefined) return undefined;
    const known = this.#loaded.get(uid);
    if (known?.isPartOf(state) === true) {
      known.refresh(state);
      this.#current.add(uid);
      return known;
    }
    const skip = Math.max(0, state.rows - share);
    const loaded = new LoadedSeries({ symbol, file: fileOf(places, one.series), state, skip });
    this.#loaded.set(uid, loaded);
    this.#current.add(uid);
    return loaded;
  }
}

interface Search {
  readonly query: Int16Array;
  readonly lastIndex: number;
  readonly count: number;
}

async function searchStore(
  store: QdrantStore,
  among: readonly EmbeddedSeries[],
  { query, lastIndex, count }: Search,
): Promise<Neighbour[]> {
  const first = among[0]?.series;
  if (first === undefined) throw new TransientError('There is no series to search');
  const { venue, timeframe } = first;
  const symbols = among.map(({ series }) => series.symbol);
  const values = Array.from(query, (value) => value / STORED_SCALE);
  return store.search({ venue, timeframe, symbols, values, lastIndex, count });
}

/** Undefined where its row is not in memory. */
function describe(
  { symbol, index, distance }: Neighbour,
  all: readonly WindowRows[],
): Lookalike | undefined {
  const rows = all.find((one) => one.symbol === symbol);
  if (rows === undefined || index < rows.firstIndex) return undefined;
  const returns = OUTCOME_BARS.map((bars) => forwardReturn(rows, index, bars));
  return { symbol, index, distance, returns, path: pathOf(rows, index, LONGEST_OUTCOME_BARS) };
}

function pathOf(rows: WindowRows, index: number, barsAfter: number): number[] {
  const length = EMBEDDING_BARS + barsAfter;
  return Array.from({ length }, (_, at) => forwardReturn(rows, index, at - EMBEDDING_BARS + 1));
}
