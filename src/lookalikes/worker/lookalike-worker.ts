/** Runs in a worker thread: computes windows, keeps them, and searches them, one request after the other. */
import { parentPort } from 'node:worker_threads';
import { messageOf } from '../../lib/errors.js';
import { assertDefined } from '../../lib/invariant.js';
import { cutRows, readState } from '../index/series-file.js';
import { QdrantStore } from '../qdrant/qdrant-store.js';
import { extendSeries, fileOf, findCurrentState } from './extend-series.js';
import { LookalikeFinder } from './find-lookalikes.js';
import type {
  LookalikeAnswer,
  LookalikeMessage,
  LookalikePlaces,
  LookalikeRequest,
} from './lookalike-protocol.js';
import { SharedReader } from './shared-reader.js';

const port = assertDefined(parentPort, 'parent thread');
const finder = new LookalikeFinder();
const reader = new SharedReader();
let store: QdrantStore | undefined;
let lastTask: Promise<void> = Promise.resolve();

port.on('message', ({ id, request }: LookalikeMessage) => {
  const { places, asked } = request;
  const task = async (): Promise<void> => {
    port.postMessage({ id, answer: await answer(places, asked) });
  };
  // A search reads whole rows only, so it need not wait for those that are being computed.
  if (asked.kind === 'find') void task();
  else lastTask = lastTask.then(task);
});

async function answer(places: LookalikePlaces, asked: LookalikeRequest): Promise<LookalikeAnswer> {
  try {
    if (places.qdrant !== undefined) store ??= new QdrantStore(places.qdrant);
    return await handle(places, asked);
  } catch (error) {
    return { status: 'failed', message: messageOf(error) };
  }
}

async function handle(places: LookalikePlaces, asked: LookalikeRequest): Promise<LookalikeAnswer> {
  switch (asked.kind) {
    case 'extend':
      try {
        return await extendSeries(places, asked, { reader, store });
      } finally {
        finder.extended(asked.series.uid);
      }
    case 'find':
      return finder.find(places, asked, store);
    case 'states':
      return { status: 'states', states: asked.among.map((one) => findCurrentState(places, one)) };
    case 'cut': {
      const file = fileOf(places, asked.series);
      const state = readState(file);
      const kept = asked.fromIndex - (state?.firstIndex ?? asked.fromIndex);
      if (state === undefined || kept >= state.rows) return { status: 'cut' };
      await store?.cut(asked.series, asked.fromIndex);
      cutRows(file, Math.max(0, kept));
      finder.forget(asked.series.uid);
      return { status: 'cut' };
    }
  }
}
