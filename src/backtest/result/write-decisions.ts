import type { Clock } from '../../lib/clock.js';
import { SILENT_LOGGER } from '../../lib/silent-logger.js';
import { WorkerChannel } from '../../lib/workers/worker-channel.js';
import { compiledUrl, startThread } from '../../lib/workers/worker.js';
import type { DecisionsAnswer, DecisionsRequest } from './decisions-worker.js';

/** The columns themselves lie outside the heap. */
const WORKER_HEAP_MB = 256;
const TIMEOUT_MS = 3_600_000;

/**
 * Writes `decisions.csv` in a thread, beside the computation of the figures: its text is most of what a run leaves.
 *
 * @throws Error with the code of the failure, such as ENOSPC
 */
export async function writeDecisions(request: DecisionsRequest, clock: Clock): Promise<void> {
  const writer = new WorkerChannel<DecisionsRequest, DecisionsAnswer>({
    name: 'decisions',
    startWorker: startThread,
    url: compiledUrl(import.meta.url, './decisions-worker.js'),
    clock,
    logger: SILENT_LOGGER,
    callTimeoutMs: TIMEOUT_MS,
    maxOldGenerationMb: WORKER_HEAP_MB,
  });
  try {
    const answer = await writer.call(request);
    if (answer.status === 'written') return;
    throw Object.assign(new Error(answer.reason), { code: answer.code });
  } finally {
    await writer.stop();
  }
}
