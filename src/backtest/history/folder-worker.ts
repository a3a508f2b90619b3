/** Runs in a worker thread: reads candle files, one after another. */
import { createHash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { ConfigError, messageOf } from '../../lib/errors.js';
import { assertDefined } from '../../lib/invariant.js';
import type { RecordingFile } from '../../recording/recording-file.js';
import { readSymbol } from './candle-files.js';
import type { SymbolHistory } from './market-history.js';

/** A file to read, or undefined for the hash of all that were read. */
export type FolderRequest = RecordingFile | undefined;

export type FolderAnswer =
  | { readonly status: 'read'; readonly symbol: SymbolHistory }
  | { readonly status: 'hashed'; readonly dataHash: string }
  /** The file must be mended. */
  | { readonly status: 'refused'; readonly reason: string }
  | { readonly status: 'failed'; readonly reason: string };

const port = assertDefined(parentPort, 'parent thread');
const digest = createHash('sha256');

port.on('message', ({ id, request }: { id: number; request: FolderRequest }) => {
  const answer = answerTo(request);
  port.postMessage({ id, answer }, answer.status === 'read' ? buffersOf(answer.symbol) : []);
});

function answerTo(file: FolderRequest): FolderAnswer {
  try {
    if (file === undefined) return { status: 'hashed', dataHash: digest.digest('hex') };
    return { status: 'read', symbol: readSymbol(file, digest) };
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
