/** Runs in a worker thread: writes `decisions.csv`. */
import { parentPort } from 'node:worker_threads';
import { messageOf } from '../../lib/errors.js';
import { assertDefined } from '../../lib/invariant.js';
import type { DecisionColumns } from '../engine/decision-log.js';
import { writeDecisionsCsv } from './decisions-csv.js';

export interface DecisionsRequest {
  readonly file: string;
  readonly decisions: DecisionColumns;
}

export type DecisionsAnswer =
  | { readonly status: 'written' }
  | { readonly status: 'failed'; readonly reason: string; readonly code: string | undefined };

const port = assertDefined(parentPort, 'parent thread');

port.on('message', ({ id, request }: { id: number; request: DecisionsRequest }) => {
  port.postMessage({ id, answer: write(request) });
});

function write({ file, decisions }: DecisionsRequest): DecisionsAnswer {
  try {
    writeDecisionsCsv(file, decisions);
    return { status: 'written' };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { status: 'failed', reason: messageOf(error), code };
  }
}
