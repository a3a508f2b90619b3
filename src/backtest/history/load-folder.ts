import type { Clock } from '../../lib/clock.js';
import { ConfigError } from '../../lib/errors.js';
import { SILENT_LOGGER } from '../../lib/silent-logger.js';
import { WorkerChannel } from '../../lib/workers/worker-channel.js';
import { compiledUrl, startThread } from '../../lib/workers/worker.js';
import type { FolderAnswer } from './folder-worker.js';
import type { MarketHistory } from './market-history.js';
import type { FolderRequest } from './read-folder.js';

/** The candles themselves lie outside the heap. */
const WORKER_HEAP_MB = 256;
const TIMEOUT_MS = 3_600_000;

/**
 * Reads a folder of candle files in a thread of its own, beside whatever its caller does meanwhile.
 *
 * @throws ConfigError naming the file and line, or the symbol, that is wrong or missing
 */
export async function loadFolder(request: FolderRequest, clock: Clock): Promise<MarketHistory> {
  const channel = new WorkerChannel<FolderRequest, FolderAnswer>({
    name: 'candle files',
    startWorker: startThread,
    url: compiledUrl(import.meta.url, './folder-worker.js'),
    clock,
    logger: SILENT_LOGGER,
    callTimeoutMs: TIMEOUT_MS,
    maxOldGenerationMb: WORKER_HEAP_MB,
  });
  try {
    const answer = await channel.call(request);
    if (answer.status === 'read') return answer.history;
    throw answer.status === 'refused' ? new ConfigError(answer.reason) : new Error(answer.reason);
  } finally {
    await channel.stop();
  }
}
