/** Runs in a worker thread: prepares feature files and judges candidates, one request after the other. */
import { parentPort } from 'node:worker_threads';
import { messageOf } from '../lib/errors.js';
import { assertDefined } from '../lib/invariant.js';
import { judgeModel } from './judge-model.js';
import { measureDrift } from './measure-drift.js';
import { preparePooled } from './pooled-bot/prepare-pooled.js';
import { prepareData } from './prepare-data.js';
import type { DeskAnswer, DeskRequest } from './training-desk.js';

const port = assertDefined(parentPort, 'parent thread');
let lastTask: Promise<void> = Promise.resolve();

port.on('message', ({ id, request }: { id: number; request: DeskRequest }) => {
  lastTask = lastTask.then(async () => port.postMessage({ id, answer: await answer(request) }));
});

async function answer(request: DeskRequest): Promise<DeskAnswer> {
  try {
    if (request.kind === 'judge') {
      return { status: 'judged', judgement: await judgeModel(request.request) };
    }
    if (request.kind === 'drift') {
      return { status: 'measured', drift: await measureDrift(request.location, request.request) };
    }
    const { location, request: asked } = request;
    const preparation =
      'isPooled' in asked
        ? await preparePooled(location, asked)
        : await prepareData(location, asked);
    return { status: 'prepared', preparation };
  } catch (error) {
    return { status: 'failed', message: messageOf(error) };
  }
}
