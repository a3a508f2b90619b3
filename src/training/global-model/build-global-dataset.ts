import type { LabelThresholds } from '../../domain/model-record.js';
import { timeframeMs, type Timeframe } from '../../domain/timeframe.js';
import {
  attributeNames,
  encodeAttributes,
  learnAttributeCodes,
  type AttributeCode,
  type Attributes,
} from '../../features/items/attribute-codes.js';
import {
  itemForwardReturn,
  ITEM_HORIZON_DAYS,
  itemReachMs,
} from '../../features/items/item-sequence.js';
import {
  ITEM_PRICE_FEATURES,
  writeItemRow,
  type ItemSequence,
} from '../../features/items/item-row.js';
import { labelOf } from '../../features/labels.js';
import { countLeading } from '../../lib/count-leading.js';
import type { Dataset, DatasetSummary } from '../dataset/dataset-summary.js';
import { countClasses, meanReturns } from '../dataset/dataset-summary.js';
import type { Split } from '../dataset/split.js';

const DAY_MS = 86_400_000;
const HORIZON_MS = ITEM_HORIZON_DAYS * DAY_MS;
/** Items with fewer entries are left out. */
const MIN_ITEM_ENTRIES = 14;
const TRAIN_SHARE = 0.8;
/** Least rows of each part. */
const MIN_PART_ROWS = { train: 100, test: 20 } as const;
/** Rows of neighbouring days share most of their week: the bootstrap draws fortnights. */
const BLOCK_DAYS = 14;

export interface GlobalItem {
  readonly attributes: Attributes;
  readonly sequence: ItemSequence;
}

export interface GlobalDatasetRequest {
  readonly items: readonly GlobalItem[];
  readonly timeframe: Timeframe;
  /** Rows of earlier entries are left out. */
  readonly fromOpenTime: number;
  /** Left out before the cut besides the rows whose week reaches over it. */
  readonly embargoMs: number;
  readonly thresholds: LabelThresholds;
  readonly minSamples: number;
}

/**
 * Rows of all items in the order of time, with one cut in time over all of them: 80 % before it to learn
 * from, less those whose seven days reach over it, the rest to judge by. Attributes become numbers by
 * the rows before the cut alone.
 */
export function buildGlobalDataset(request: GlobalDatasetRequest): Dataset {
  const rows = collectRows(request);
  if (rows.count < request.minSamples) {
    return tooFew(`${rows.count} of ${request.minSamples} usable entries`);
  }
  const order = Uint32Array.from({ length: rows.count }, (_, row) => row).sort(
    (one, other) => (rows.times[one] ?? 0) - (rows.times[other] ?? 0) || one - other,
  );
  const split = cutInTime(rows.times, order, request.embargoMs);
  for (const part of ['train', 'test'] as const) {
    const count = split[part].to - split[part].from;
    if (count < MIN_PART_ROWS[part]) {
      return tooFew(`${count} rows in the ${part} part, ${MIN_PART_ROWS[part]} are needed`);
    }
  }
  return layOut(request, { rows, order, split });
}

function tooFew(reason: string): Dataset {
  return { status: 'too_few_rows', reason };
}

interface Rows {
  readonly count: number;
  /** Row-major, one value a price feature. */
  readonly values: Float32Array;
  readonly returns: Float64Array;
  readonly times: Float64Array;
  readonly itemOf: Uint32Array;
  /** Entries before rows without label or features were left out. */
  readonly entries: number;
}

const WIDTH = ITEM_PRICE_FEATURES.length;

function collectRows({ items, timeframe, fromOpenTime }: GlobalDatasetRequest): Rows {
  const entries = items.reduce((sum, { sequence }) => sum + sequence.openTimes.length, 0);
  const values = new Float32Array(entries * WIDTH);
  const returns = new Float64Array(entries);
  const times = new Float64Array(entries);
  const itemOf = new Uint32Array(entries);
  const reachMs = itemReachMs(timeframe);
  let count = 0;
  items.forEach(({ sequence }, item) => {
    const { openTimes } = sequence;
    if (openTimes.length < MIN_ITEM_ENTRIES) return;
    for (let at = 0; at < openTimes.length; at++) {
      const openTime = openTimes[at] ?? NaN;
      if (openTime < fromOpenTime) continue;
      const value = itemForwardReturn(sequence, at);
      if (!Number.isFinite(value)) continue;
      const row = values.subarray(count * WIDTH, (count + 1) * WIDTH);
      if (!writeItemRow(sequence, at, { reachMs, row })) continue;
      returns[count] = value;
      times[count] = openTime;
      itemOf[count] = item;
      count++;
    }
  });
  return { count, values, returns, times, itemOf, entries };
}

/** Rows of one time stay in one part. */
function cutInTime(times: Float64Array, order: Uint32Array, embargoMs: number): Split {
  const timeAt = (position: number): number => times[order[position] ?? 0] ?? NaN;
  const cutTime = timeAt(Math.floor(order.length * TRAIN_SHARE));
  const firstAtOrAfter = (time: number): number =>
    countLeading(order.length, (position) => timeAt(position) < time);
  const testFrom = firstAtOrAfter(cutTime);
  const trainTo = firstAtOrAfter(cutTime - HORIZON_MS - embargoMs);
  return {
    train: { from: 0, to: trainTo },
    validation: { from: trainTo, to: trainTo },
    test: { from: testFrom, to: order.length },
  };
}

interface Ordered {
  readonly rows: Rows;
  readonly order: Uint32Array;
  readonly split: Split;
}

function layOut(request: GlobalDatasetRequest, { rows, order, split }: Ordered): Dataset {
  const codes = learnCodes(request.items, { rows, order, split });
  const names = [...ITEM_PRICE_FEATURES, ...attributeNames(codes)];
  const returns = Float64Array.from(order, (row) => rows.returns[row] ?? NaN);
  const openTimes = Float64Array.from(order, (row) => rows.times[row] ?? NaN);
  const thresholds = { ...request.thresholds, adjusted: [] };
  const labels = Int32Array.from(returns, (value) => labelOf(value, thresholds) ?? -1);
  const trainLabels = labels.subarray(split.train.from, split.train.to);
  const endOf = (position: number): number =>
    (openTimes[position] ?? 0) + HORIZON_MS + timeframeMs(request.timeframe);
  const testDays = (endOf(order.length - 1) - endOf(split.test.from)) / DAY_MS + 1;
  const blockRows = Math.ceil(((split.test.to - split.test.from) / testDays) * BLOCK_DAYS);
  const summary: DatasetSummary = {
    rawFeatures: names.length,
    rawSamples: rows.entries,
    samples: rows.count,
    names,
    sanitization: { initialFeatures: names.length, finalFeatures: names.length, dropped: [] },
    split,
    thresholds: request.thresholds,
    adjustedThresholds: [],
    classDistribution: countClasses(labels),
    trainCounts: countClasses(trainLabels),
    classMeanReturns: meanReturns(returns.subarray(0, split.train.to), trainLabels),
    dataFrom: openTimes[0] ?? 0,
    trainEnd: endOf(split.train.to - 1),
    cuts: {
      trainTo: openTimes[split.train.to - 1] ?? 0,
      validationFrom: openTimes[split.validation.from] ?? 0,
      validationTo: openTimes[split.validation.to - 1] ?? 0,
      testFrom: openTimes[split.test.from] ?? 0,
    },
    judgedEnd: endOf(split.train.to - 1),
    dataEnd: endOf(order.length - 1),
    global: { codes, items: new Set(rows.itemOf.subarray(0, rows.count)).size, blockRows },
  };
  const table = {
    names,
    rows: rows.count,
    labels,
    openTimes,
    values: gather(request.items, { rows, order }, codes),
    forwardReturns: Float32Array.from(returns),
  };
  return { status: 'built', summary, table };
}

function learnCodes(items: readonly GlobalItem[], { rows, order, split }: Ordered) {
  const counts = new Uint32Array(items.length);
  const sums = new Float64Array(items.length);
  for (let position = split.train.from; position < split.train.to; position++) {
    const row = order[position] ?? 0;
    const item = rows.itemOf[row] ?? 0;
    counts[item] = (counts[item] ?? 0) + 1;
    sums[item] = (sums[item] ?? 0) + (rows.returns[row] ?? 0);
  }
  const labelled = items.map(({ attributes }, item) => ({
    attributes,
    rows: counts[item] ?? 0,
    returnSum: sums[item] ?? 0,
  }));
  return learnAttributeCodes(labelled.filter((one) => one.rows > 0));
}

/** Column by column, in the order of time. */
function gather(
  items: readonly GlobalItem[],
  { rows, order }: Pick<Ordered, 'rows' | 'order'>,
  codes: readonly AttributeCode[],
): Float32Array {
  const total = order.length;
  const values = new Float32Array(total * (WIDTH + codes.length));
  const encoded = items.map(({ attributes }) => encodeAttributes(codes, attributes));
  order.forEach((row, position) => {
    for (let column = 0; column < WIDTH; column++) {
      values[column * total + position] = rows.values[row * WIDTH + column] ?? NaN;
    }
    const attributes = encoded[rows.itemOf[row] ?? 0] ?? [];
    attributes.forEach((value, at) => (values[(WIDTH + at) * total + position] = value));
  });
  return values;
}
