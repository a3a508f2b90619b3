/** Runs in a process of its own: prepares feature files and judges candidates, one request after the other. */
import { messageOf } from '../../lib/errors.js';
import { serveParent } from '../../lib/workers/worker.js';
import { judgeModel } from '../evaluation/judge-model.js';
import { measureDrift } from '../evaluation/measure-drift.js';
import { prepareGlobal } from '../global-model/prepare-global.js';
import { prepareData } from '../dataset/prepare-data.js';
import type { TrainingWorkerAnswer, TrainingWorkerRequest } from './training-worker-client.js';

serveParent((request) => answer(request as TrainingWorkerRequest));

async function answer(request: TrainingWorkerRequest): Promise<TrainingWorkerAnswer> {
  try {
    if (request.kind === 'judge') {
      return { status: 'judged', judgement: await judgeModel(request.request) };
    }
    if (request.kind === 'drift') {
      return { status: 'measured', drift: await measureDrift(request.location, request.request) };
    }
    const { location, request: asked } = request;
    const preparation =
      'isGlobal' in asked
        ? await prepareGlobal(location, asked)
        : await prepareData(location, asked);
    return { status: 'prepared', preparation };
  } catch (error) {
    return { status: 'failed', message: messageOf(error) };
  }
}
