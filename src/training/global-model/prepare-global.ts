import type { LabelThresholds } from '../../domain/model-record.js';
import { type Timeframe, barIndex } from '../../domain/timeframe.js';
import { isFileVenue } from '../../domain/market.js';
import { ITEM_PRICE_FEATURES } from '../../features/items/item-row.js';
import { barsADay, dailySequence } from '../../features/items/item-sequence.js';
import { catalogueHash } from '../../features/feature-hash.js';
import { loadEntries, loadItems, type StoredItem } from '../../storage/reader/load-items.js';
import { loadColumns } from '../../storage/reader/load-columns.js';
import type { DatabaseLocation } from '../../storage/connection/location.js';
import { openReader } from '../../storage/reader/open-reader.js';
import type { Reader } from '../../storage/connection/connections.js';
import { writeFeatureFile } from '../dataset/feature-file.js';
import { hashRows } from '../dataset/hash-rows.js';
import type { Preparation } from '../dataset/prepare-data.js';
import type { TrainingWindow } from '../dataset/training-window.js';
import { buildGlobalDataset, type GlobalItem } from './build-global-dataset.js';

export interface GlobalPrepareRequest {
  readonly isGlobal: true;
  readonly venue: string;
  /** Instruments of the model; all of the venue where undefined. */
  readonly symbols: readonly string[] | undefined;
  readonly timeframe: Timeframe;
  /** Of a market; what was imported from files is used as far back as it goes. */
  readonly window: TrainingWindow;
  readonly embargoMs: number;
  readonly thresholds: LabelThresholds;
  readonly minSamples: number;
  readonly filePath: string;
}

/** Reads every instrument of the model over a connection of its own and writes one feature file. */
export async function prepareGlobal(
  location: DatabaseLocation,
  request: GlobalPrepareRequest,
): Promise<Preparation> {
  const { timeframe, embargoMs, thresholds, minSamples, venue, window } = request;
  const items = await readItems(location, request);
  const fromOpenTime = isFileVenue(venue) ? 0 : window.fromOpenTime;
  const dataset = buildGlobalDataset({
    items,
    timeframe,
    fromOpenTime,
    embargoMs,
    thresholds,
    minSamples,
  });
  if (dataset.status === 'too_few_rows') return dataset;
  const { sha256 } = await writeFeatureFile(request.filePath, dataset.table);
  const newest = items.map(
    ({ sequence }) => sequence.openTimes[sequence.openTimes.length - 1] ?? 0,
  );
  return {
    status: 'prepared',
    ...dataset.summary,
    referenceSymbol: undefined,
    catalogueHash: `${catalogueHash()}+${ITEM_PRICE_FEATURES.length}`,
    dataSha256: sha256,
    rowsSha256: hashRows(dataset.table, dataset.summary),
    lastOpenTime: newest.reduce((latest, time) => Math.max(latest, time), 0),
  };
}

async function readItems(
  location: DatabaseLocation,
  request: GlobalPrepareRequest,
): Promise<GlobalItem[]> {
  const reader = await openReader(location);
  try {
    const wanted = request.symbols === undefined ? undefined : new Set(request.symbols);
    const stored = await loadItems(reader, request);
    const items: GlobalItem[] = [];
    for (const item of stored) {
      if (wanted !== undefined && !wanted.has(item.symbol)) continue;
      const sequence = await readSequence(reader, item, request);
      items.push({ attributes: item.attributes, sequence });
    }
    return items;
  } finally {
    await reader.close();
  }
}

async function readSequence(
  reader: Reader,
  { seriesId }: StoredItem,
  { venue, timeframe, window }: GlobalPrepareRequest,
): Promise<GlobalItem['sequence']> {
  if (isFileVenue(venue)) return loadEntries(reader, seriesId);
  const range = { fromOpenTime: window.loadFromOpenTime, toOpenTime: window.lastOpenTime };
  const columns = await loadColumns(reader, seriesId, range);
  const perDay = barsADay(timeframe) ?? 1;
  // Training takes the bars that end a day.
  const last = barIndex(window.lastOpenTime, timeframe);
  return dailySequence(columns, last - ((last + 1) % perDay));
}
