import { catalogueHash } from '../../features/feature-hash.js';
import type { Timeframe } from '../../domain/timeframe.js';
import type { DatabaseLocation } from '../../storage/connection/location.js';
import { readWithReference } from '../../storage/reader/load-columns.js';
import { buildDataset, type DatasetRequest } from './build-dataset.js';
import type { DatasetSummary } from './dataset-summary.js';
import { writeFeatureFile } from './feature-file.js';
import { hashRows } from './hash-rows.js';
import { subsampleTable, type Subsampling } from './subsample-table.js';
import type { TrainingWindow } from './training-window.js';

export interface PrepareRequest extends Omit<
  DatasetRequest,
  'series' | 'reference' | 'fromIndex' | 'toIndex'
> {
  readonly timeframe: Timeframe;
  readonly seriesId: number;
  /** Equal to `seriesId` for the reference symbol itself; undefined for no reference. */
  readonly referenceSeriesId: number | undefined;
  readonly referenceSymbol: string | undefined;
  readonly window: TrainingWindow;
  /** Where the feature file goes. */
  readonly filePath: string;
  /** Of what a selection may be made from; of the whole catalogue where undefined. */
  readonly catalogueHash?: string | undefined;
  /** Which of the rows are written; all of them where undefined. */
  readonly subsampling?: Subsampling | undefined;
}

/** Describes the feature file: input of the fit and of the judgement. */
export interface PreparedData extends DatasetSummary {
  readonly status: 'prepared';
  readonly referenceSymbol: string | undefined;
  readonly catalogueHash: string;
  readonly dataSha256: string;
  /** Covers times, returns, labels and split of all rows, and no feature. */
  readonly rowsSha256: string;
  /** Open time of the newest closed bar when the data was read. */
  readonly lastOpenTime: number;
}

export type Preparation =
  PreparedData | { readonly status: 'too_few_rows'; readonly reason: string };

/** Reads the candles over a connection of its own, computes features and labels, writes the file. */
export async function prepareData(
  location: DatabaseLocation,
  request: PrepareRequest,
): Promise<Preparation> {
  const { window, referenceSymbol } = request;
  const range = { fromOpenTime: window.loadFromOpenTime, toOpenTime: window.lastOpenTime };
  const { series, reference } = await readWithReference(location, request, range);
  const { fromIndex, toIndex } = window;
  const dataset = buildDataset({ ...request, series, reference, fromIndex, toIndex });
  if (dataset.status === 'too_few_rows') return dataset;
  const table = subsampleTable(dataset.table, request.subsampling);
  const { sha256 } = await writeFeatureFile(request.filePath, table);
  return {
    status: 'prepared',
    ...dataset.summary,
    referenceSymbol,
    catalogueHash: request.catalogueHash ?? catalogueHash(),
    dataSha256: sha256,
    rowsSha256: hashRows(table, dataset.summary),
    lastOpenTime: window.lastOpenTime,
  };
}
