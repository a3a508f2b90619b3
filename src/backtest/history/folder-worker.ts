/** Runs in a worker thread: reads a folder of candle files. */
import { parentPort } from 'node:worker_threads';
import type { CandleColumns } from '../../domain/candle-columns.js';
import { ConfigError, messageOf } from '../../lib/errors.js';
import { assertDefined } from '../../lib/invariant.js';
import type { MarketHistory } from './market-history.js';
import { readFolder, type FolderRequest } from './read-folder.js';

export type FolderAnswer =
  | { readonly status: 'read'; readonly history: MarketHistory }
  /** A file or the request must be mended. */
  | { readonly status: 'refused'; readonly reason: string }
  | { readonly status: 'failed'; readonly reason: string };

const port = assertDefined(parentPort, 'parent thread');

port.on('message', ({ id, request }: { id: number; request: FolderRequest }) => {
  const answer = read(request);
  const moved = answer.status === 'read' ? buffersOf(answer.history) : [];
  port.postMessage({ id, answer }, moved);
});

function read(request: FolderRequest): FolderAnswer {
  try {
    return { status: 'read', history: readFolder(request) };
  } catch (error) {
    const status = error instanceof ConfigError ? 'refused' : 'failed';
    return { status, reason: messageOf(error) };
  }
}

/** They are handed over instead of copied. */
function buffersOf({ symbols }: MarketHistory): ArrayBuffer[] {
  return symbols.flatMap(({ columns }) =>
    COLUMNS.map((name) => columns[name].buffer as ArrayBuffer),
  );
}

const COLUMNS = [
  'open',
  'high',
  'low',
  'close',
  'volume',
  'state',
] as const satisfies readonly (keyof CandleColumns)[];
