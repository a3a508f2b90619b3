import { ConfigError, messageOf } from '../../lib/errors.js';
import type { OpenedText } from './text-source.js';

/** A longer line is no line of prices; without the limit a file without line ends would fill the memory. */
const MAX_LINE_BYTES = 100_000;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const QUOTE = '"';
const BYTE_ORDER_MARK = '\uFEFF';

/** Some whole lines that follow each other. */
export interface LineBatch {
  readonly lines: readonly string[];
  /** Number in the file of the first of them, from 1. */
  readonly firstNumber: number;
  /** Byte after the last of them: where a later read may go on. */
  readonly endByte: number;
  /** What follows them up to the end of the file without a line end; set on the last batch only. */
  readonly unfinished: string | undefined;
}

export interface LinePosition {
  readonly number: number;
  readonly byte: number;
}

export const FIRST_LINE: LinePosition = { number: 1, byte: 0 };

/**
 * Reads a text as batches of whole lines. A row of prices never spans lines, so a stray quote cannot
 * reach over the end of its own line. What stands without a line end at the end of a text that may
 * still grow is handed out as unfinished, because half a number is a number, too.
 *
 * @throws ConfigError when the text cannot be read to its end
 */
export async function* readLines(
  text: Pick<OpenedText, 'bytes' | 'isComplete'>,
  from: LinePosition = FIRST_LINE,
): AsyncGenerator<LineBatch> {
  let { number, byte } = from;
  let rest = Buffer.alloc(0);
  for await (const chunk of readable(text.bytes)) {
    const end = chunk.lastIndexOf(LINE_FEED) + 1;
    if (end === 0) {
      rest = Buffer.concat([rest, chunk]);
      assertLineFits(rest, number);
      continue;
    }
    const whole =
      rest.length === 0 ? chunk.subarray(0, end) : Buffer.concat([rest, chunk.subarray(0, end)]);
    rest = Buffer.from(chunk.subarray(end));
    const lines = toLines(whole);
    byte += whole.length;
    yield { lines, firstNumber: number, endByte: byte, unfinished: undefined };
    number += lines.length;
  }
  if (rest.length === 0) return;
  const [last = ''] = toLines(Buffer.concat([rest, Buffer.from([LINE_FEED])]));
  yield text.isComplete
    ? { lines: [last], firstNumber: number, endByte: byte + rest.length, unfinished: undefined }
    : { lines: [], firstNumber: number, endByte: byte, unfinished: last };
}

async function* readable(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* bytes;
  } catch (error) {
    throw new ConfigError(`it ends early or is damaged: ${messageOf(error)}`, { cause: error });
  }
}

function assertLineFits(line: Buffer, number: number): void {
  if (line.length <= MAX_LINE_BYTES) return;
  throw new ConfigError(
    `line ${number} has more than ${MAX_LINE_BYTES} bytes: this is no CSV file`,
  );
}

/** @param whole ends with a line end */
function toLines(whole: Buffer): string[] {
  const text = whole.toString('utf8');
  const lines = text.split('\n');
  lines.pop();
  if (lines[0]?.startsWith(BYTE_ORDER_MARK) === true) lines[0] = lines[0].slice(1);
  if (!whole.includes(CARRIAGE_RETURN)) return lines;
  return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
}

export interface CellRules {
  readonly delimiter: string;
  /** False takes quotes as plain characters, for names such as `"Zeus" x27`. */
  readonly hasQuotes: boolean;
}

/** The cells of a line, or text that says why it has none. */
export function splitLine(line: string, { delimiter, hasQuotes }: CellRules): string[] | string {
  if (!hasQuotes || !line.includes(QUOTE)) return line.split(delimiter);
  const cells: string[] = [];
  let at = 0;
  while (at <= line.length) {
    const cell = line.startsWith(QUOTE, at) ? quotedCell(line, at) : plainCell(line, at, delimiter);
    if (cell === undefined) return `the quote in column ${cells.length + 1} is not closed`;
    const { value, end } = cell;
    if (end < line.length && !line.startsWith(delimiter, end)) {
      return `column ${cells.length + 1} goes on after its closing quote`;
    }
    cells.push(value);
    at = end + delimiter.length;
  }
  return cells;
}

interface Cell {
  readonly value: string;
  /** Place of the delimiter behind it, or the line's length. */
  readonly end: number;
}

/** RFC 4180: a quote inside a quoted cell is written twice. */
function quotedCell(line: string, start: number): Cell | undefined {
  let value = '';
  let from = start + 1;
  for (;;) {
    const close = line.indexOf(QUOTE, from);
    if (close === -1) return undefined;
    value += line.slice(from, close);
    if (line[close + 1] !== QUOTE) return { value, end: close + 1 };
    value += QUOTE;
    from = close + 2;
  }
}

function plainCell(line: string, start: number, delimiter: string): Cell {
  const found = line.indexOf(delimiter, start);
  const end = found === -1 ? line.length : found;
  return { value: line.slice(start, end), end };
}
