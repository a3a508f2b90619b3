import type { CandleStore } from '../storage/stores/candle-store.js';
import type { KnownGapStore } from '../storage/stores/known-gap-store.js';
import type { PriceStore } from '../storage/stores/price-store.js';
import type { SeriesStore } from '../storage/stores/series-store.js';

/** The part of storage that collection writes. */
export interface CollectionStores {
  readonly series: Pick<SeriesStore, 'ensure' | 'setFirstBarAt' | 'setGridOffset' | 'setHasVolume'>;
  readonly candles: Pick<
    CandleStore,
    | 'upsert'
    | 'read'
    | 'latest'
    | 'range'
    | 'openTimes'
    | 'quarantine'
    | 'quarantineStored'
    | 'releaseQuarantine'
  >;
  readonly knownGaps: Pick<KnownGapStore, 'add' | 'list' | 'forgetAfter' | 'noteAsked' | 'remove'>;
  readonly prices: Pick<PriceStore, 'insert'>;
}
