import { open, type FileHandle } from 'node:fs/promises';
import { z } from 'zod';
import { rowCount, type RowRange } from './split.js';

const PREFIX_BYTES = 12;
const HEADER_LENGTH_AT = 8;
const ALIGNMENT = 64;
const MAX_HEADER_BYTES = 16 << 20;
const FLOAT_BYTES = 4;
const DOUBLE_BYTES = 8;

const sectionSchema = z.object({ offset: z.int().min(0), bytes: z.int().min(0) });
const headerSchema = z.object({
  rows: z.int().min(1),
  columns: z.array(z.string()),
  sections: z.object({
    features: sectionSchema,
    label: sectionSchema,
    forward_return: sectionSchema,
    open_time: sectionSchema,
  }),
});

type Header = z.infer<typeof headerSchema>;

/** Some rows of a feature file, as a model reads them. */
export interface FeatureRows {
  /** Row-major: as many values a row as features were asked for. */
  readonly values: Float32Array;
  /** 0 SELL, 1 HOLD, 2 BUY. */
  readonly labels: Int32Array;
  readonly forwardReturns: Float32Array;
  /** Epoch milliseconds. */
  readonly openTimes: Float64Array;
}

/**
 * Reads some columns of some rows from what `writeFeatureFile` wrote, and nothing else of it.
 *
 * @throws RangeError for a feature that the file does not have
 */
export async function readFeatureRows(
  filePath: string,
  names: readonly string[],
  range: RowRange,
): Promise<FeatureRows> {
  const file = await open(filePath, 'r');
  try {
    const { header, dataStart } = await readHeader(file);
    const rows = rowCount(range);
    const values = new Float32Array(rows * names.length);
    const column = new Float32Array(rows);
    for (const [position, name] of names.entries()) {
      await fill(file, column, dataStart + columnOffset(header, name) + range.from * FLOAT_BYTES);
      column.forEach((value, row) => (values[row * names.length + position] = value));
    }
    const labels = new Int32Array(rows);
    await fill(file, labels, dataStart + header.sections.label.offset + range.from * FLOAT_BYTES);
    const forwardReturns = new Float32Array(rows);
    const openTimes = new Float64Array(rows);
    const { forward_return: returnsAt, open_time: timesAt } = header.sections;
    await fill(file, forwardReturns, dataStart + returnsAt.offset + range.from * FLOAT_BYTES);
    await fill(file, openTimes, dataStart + timesAt.offset + range.from * DOUBLE_BYTES);
    return { values, labels, forwardReturns, openTimes };
  } finally {
    await file.close();
  }
}

async function readHeader(file: FileHandle): Promise<{ header: Header; dataStart: number }> {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  await fill(file, prefix, 0);
  const length = prefix.readUInt32LE(HEADER_LENGTH_AT);
  if (length > MAX_HEADER_BYTES) throw new RangeError(`A header of ${length} bytes is none`);
  const text = Buffer.alloc(length);
  await fill(file, text, PREFIX_BYTES);
  const header = headerSchema.parse(JSON.parse(text.toString()));
  return { header, dataStart: Math.ceil((PREFIX_BYTES + length) / ALIGNMENT) * ALIGNMENT };
}

function columnOffset(header: Header, name: string): number {
  const position = header.columns.indexOf(name);
  if (position < 0) throw new RangeError(`The feature file has no column ${name}`);
  return header.sections.features.offset + position * header.rows * FLOAT_BYTES;
}

async function fill(
  file: FileHandle,
  target: NodeJS.ArrayBufferView,
  position: number,
): Promise<void> {
  const { bytesRead } = await file.read(target, 0, target.byteLength, position);
  if (bytesRead !== target.byteLength) throw new RangeError('The feature file ends too early');
}
