/** The predictor's worker, with a way to make it die or hang while calls are under way. */
import { parentPort } from 'node:worker_threads';
import '../../src/models/predictor-worker.js';

interface Message {
  readonly request: { readonly kind: string; readonly modelUid?: string };
}

parentPort?.on('message', ({ request }: Message) => {
  if (request.modelUid === 'model-that-kills') throw new Error('killed in the middle');
  if (request.modelUid === 'model-that-hangs') for (;;);
});
