import type { ModelKey } from '../../domain/model-key.js';
import type { BookKey } from '../../domain/trade.js';

/** The columns that name what a model belongs to, without what else the object carries. */
export function keyColumns({ venue, symbol, timeframe, bot }: ModelKey): ModelKey {
  return { venue, symbol, timeframe, bot };
}

/** The columns that name whose books a row belongs to. */
export function bookColumns({ venue, account }: BookKey): BookKey {
  return { venue, account };
}
