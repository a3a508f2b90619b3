/** Runs in a worker thread: reads candle files, one after another. */
import { parentPort } from 'node:worker_threads';
import { ConfigError, messageOf } from '../../lib/errors.js';
import { assertDefined } from '../../lib/invariant.js';
import type { RecordingFile } from '../../recording/recording-file.js';
import { readSymbol, type ReadSymbol } from './candle-files.js';
import type { SymbolHistory } from './market-history.js';

export type FolderAnswer =
  | ({ readonly status: 'read' } & ReadSymbol)
  /** The file must be mended. */
  | { readonly status: 'refused'; readonly reason: string }
  | { readonly status: 'failed'; readonly reason: string };

const port = assertDefined(parentPort, 'parent thread');

port.on('message', ({ id, request }: { id: number; request: RecordingFile }) => {
  const answer = answerTo(request);
  port.postMessage({ id, answer }, answer.status === 'read' ? buffersOf(answer.symbol) : []);
});

function answerTo(file: RecordingFile): FolderAnswer {
  try {
    return { status: 'read', ...readSymbol(file) };
  } catch (error) {
    const status = error instanceof ConfigError ? 'refused' : 'failed';
    return { status, reason: messageOf(error) };
  }
}

/** They are handed over instead of copied. */
function buffersOf({ columns }: SymbolHistory): ArrayBuffer[] {
  const { open, high, low, close, volume, state } = columns;
  return [open, high, low, close, volume, state].map(({ buffer }) => buffer as ArrayBuffer);
}
