/** Runs in a worker thread: computes feature rows and runs models, one request after the other. */
import { parentPort } from 'node:worker_threads';
import { createFeatureWorkspace } from '../features/feature-matrix.js';
import { messageOf, RejectedError } from '../lib/errors.js';
import { assertDefined } from '../lib/invariant.js';
import { predictRow } from './predict-rows.js';
import {
  unavailable,
  type PredictorAnswer,
  type PredictorMessage,
  type PredictorRequest,
} from './predictor-protocol.js';
import type { ModelSpecification } from './serving-model.js';
import { SessionCache } from './session-cache.js';

const port = assertDefined(parentPort, 'parent thread');
const workspace = createFeatureWorkspace();
const sessions = new SessionCache();
const models = new Map<string, ModelSpecification>();
let lastTask: Promise<void> = Promise.resolve();

port.on('message', ({ id, request }: PredictorMessage) => {
  lastTask = lastTask.then(async () => port.postMessage({ id, answer: await answer(request) }));
});

async function answer(request: PredictorRequest): Promise<PredictorAnswer> {
  try {
    return await handle(request);
  } catch (error) {
    return {
      ...unavailable('inference_error', messageOf(error)),
      isModelDamaged: error instanceof RejectedError,
    };
  }
}

async function handle(request: PredictorRequest): Promise<PredictorAnswer> {
  switch (request.kind) {
    case 'load':
      models.set(request.model.modelUid, request.model);
      await sessions.get(request.model);
      return { status: 'loaded' };
    case 'release':
      models.delete(request.modelUid);
      await sessions.release(request.modelUid);
      return { status: 'released' };
    case 'predict': {
      if (request.model !== undefined) models.set(request.modelUid, request.model);
      const model = assertDefined(models.get(request.modelUid), `model ${request.modelUid}`);
      const { attributes, index, reference, series } = request;
      return predictRow(
        { model, series, reference, attributes, index, workspace },
        await sessions.get(model),
      );
    }
  }
}
