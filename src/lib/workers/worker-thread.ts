import { SHARE_ENV, Worker } from 'node:worker_threads';
import { messageOf } from '../errors.js';
import type { StartWorker } from './worker-handle.js';

/** For what has to answer at once: a question reaches a thread in a tenth of a millisecond. */
export const startThread: StartWorker = (program, listener) => {
  const { name, url, maxOldGenerationMb, maxYoungGenerationMb = 4 } = program;
  const worker = new Worker(url, {
    name,
    // A copy would hide from native libraries what is set for them.
    env: SHARE_ENV,
    resourceLimits: {
      maxOldGenerationSizeMb: maxOldGenerationMb,
      maxYoungGenerationSizeMb: maxYoungGenerationMb,
    },
  });
  worker.on('message', listener.onMessage);
  worker.on('error', (error) => listener.onLost(messageOf(error)));
  worker.on('exit', (code) => listener.onLost(`exit code ${code}`));
  worker.unref();
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    ref: () => worker.ref(),
    unref: () => worker.unref(),
    end: async () => {
      await worker.terminate();
    },
  };
};
