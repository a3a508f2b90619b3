/** Runs in a worker thread: reads a SQLite source, one request after the other. */
import { parentPort } from 'node:worker_threads';
import { messageOf } from '../lib/errors.js';
import { assertDefined } from '../lib/invariant.js';
import {
  packChunk,
  type SourceAnswers,
  type SourceReply,
  type SourceRequest,
} from './source-protocol.js';
import { SqliteSource } from './sqlite-source.js';

const port = assertDefined(parentPort, 'parent thread');
let opened: SqliteSource | undefined;
let lastTask: Promise<void> = Promise.resolve();

port.on('message', ({ id, request }: { id: number; request: SourceRequest }) => {
  lastTask = lastTask.then(async () => {
    port.postMessage({ id, answer: await toReply(request) });
  });
});

async function toReply(request: SourceRequest): Promise<SourceReply> {
  try {
    return { status: 'done', answer: await answer(request) };
  } catch (error) {
    const errorClass = error instanceof Error ? error.constructor.name : 'Error';
    return { status: 'failed', errorClass, message: messageOf(error) };
  }
}

async function answer(request: SourceRequest): Promise<SourceAnswers[keyof SourceAnswers]> {
  if (request.kind === 'open') {
    opened = SqliteSource.open(request.file);
    return undefined;
  }
  const source = assertDefined(opened, 'opened source');
  switch (request.kind) {
    case 'count':
      return source.count(request.table);
    case 'chunk': {
      const chunk = await source.readChunk(request.table, request.after, request.limits);
      return chunk === undefined ? undefined : packChunk(chunk);
    }
    case 'again':
      return packChunk(await source.readAgain(request.table, request.stretch));
    case 'line':
      return source.findLine(request.table, request.identity);
    case 'unstorable':
      return source.findUnstorableRows(request.table, request.limits);
    case 'ids':
      return source.readIds();
    case 'useIds':
      await source.useIds(request.ids);
      return undefined;
    case 'changed':
      return source.wasChanged();
    case 'close':
      await source.close();
      return undefined;
  }
}
