import type { Line } from './lines.js';
import type { TableShape } from './table-shapes.js';
import type {
  Chunk,
  ChunkLimits,
  ColumnLimit,
  Cursor,
  Refusal,
  Stretch,
} from './transfer-ports.js';

/** What the worker thread that reads the source is asked. */
export type SourceRequest =
  | { readonly kind: 'open'; readonly file: string }
  | { readonly kind: 'count'; readonly table: TableShape }
  | {
      readonly kind: 'chunk';
      readonly table: TableShape;
      readonly after: Cursor | undefined;
      readonly limits: ChunkLimits;
    }
  | { readonly kind: 'again'; readonly table: TableShape; readonly stretch: Stretch }
  | { readonly kind: 'line'; readonly table: TableShape; readonly identity: readonly string[] }
  | {
      readonly kind: 'unstorable';
      readonly table: TableShape;
      readonly limits: readonly ColumnLimit[];
    }
  | { readonly kind: 'ids' }
  | { readonly kind: 'useIds'; readonly ids: ReadonlyMap<string, string> }
  | { readonly kind: 'changed' }
  | { readonly kind: 'close' };

/** A chunk between threads: one text is copied faster than thousands of lines. */
export interface PackedChunk extends Omit<Chunk, 'lines' | 'orphans'> {
  readonly text: string;
  readonly orphans: readonly Line[];
}

export interface SourceAnswers {
  readonly open: undefined;
  readonly count: number;
  readonly chunk: PackedChunk | undefined;
  readonly again: PackedChunk;
  readonly line: Line | undefined;
  readonly unstorable: readonly Refusal[];
  readonly ids: ReadonlyMap<string, string>;
  readonly useIds: undefined;
  readonly changed: boolean;
  readonly close: undefined;
}

/** Errors lose their class between threads, so its name goes along. */
export type SourceReply =
  | { readonly status: 'done'; readonly answer: SourceAnswers[keyof SourceAnswers] }
  | { readonly status: 'failed'; readonly errorClass: string; readonly message: string };

export function packChunk({ lines, ...rest }: Chunk): PackedChunk {
  return { ...rest, text: lines.join('\n') };
}

/** A line holds no line feed: that is escaped. */
export function unpackChunk({ text, ...rest }: PackedChunk): Chunk {
  return { ...rest, lines: rest.digest.rows === 0 ? [] : text.split('\n') };
}
