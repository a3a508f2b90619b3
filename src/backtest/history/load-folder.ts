import type { Timeframe } from '../../domain/timeframe.js';
import type { Clock } from '../../lib/clock.js';
import { ConfigError } from '../../lib/errors.js';
import { SILENT_LOGGER } from '../../lib/silent-logger.js';
import { WorkerChannel } from '../../lib/workers/worker-channel.js';
import { compiledUrl, startThread } from '../../lib/workers/worker.js';
import { fallbackSeries } from '../../signals/fallback-series.js';
import { chooseFiles, type FolderFiles } from './candle-files.js';
import type { FolderAnswer, FolderRequest } from './folder-worker.js';
import type { MarketHistory, SymbolHistory } from './market-history.js';

/** The candles themselves lie outside the heap. */
const WORKER_HEAP_MB = 256;
const TIMEOUT_MS = 3_600_000;

type Reader = WorkerChannel<FolderRequest, FolderAnswer>;

/**
 * Reads a folder of files in the demo exchange's format. A thread reads them beside whatever the caller does meanwhile;
 * what the rules say of a symbol is worked out here while the thread reads the next ones.
 *
 * @throws ConfigError naming the file and line, or the symbol, that is wrong or missing
 */
export async function loadFolder(wanted: FolderFiles, clock: Clock): Promise<MarketHistory> {
  const files = chooseFiles(wanted);
  const reader: Reader = new WorkerChannel({
    name: 'candle files',
    startWorker: startThread,
    url: compiledUrl(import.meta.url, './folder-worker.js'),
    clock,
    logger: SILENT_LOGGER,
    callTimeoutMs: TIMEOUT_MS,
    maxOldGenerationMb: WORKER_HEAP_MB,
  });
  try {
    const symbols = await Promise.all(files.map(async (file) => toSymbol(await reader.call(file))));
    return toHistory(symbols, wanted.timeframe, await reader.call(undefined));
  } finally {
    await reader.stop();
  }
}

function toSymbol(answer: FolderAnswer): SymbolHistory {
  if (answer.status !== 'read') throw toError(answer);
  const { instrument, columns } = answer.symbol;
  return { instrument, columns, rules: fallbackSeries(columns) };
}

function toHistory(
  symbols: readonly SymbolHistory[],
  timeframe: Timeframe,
  answer: FolderAnswer,
): MarketHistory {
  if (answer.status !== 'hashed') throw toError(answer);
  const { dataHash } = answer;
  return { venue: `files:${dataHash.slice(0, 10)}`, timeframe, symbols, dataHash };
}

function toError(answer: FolderAnswer): Error {
  if (answer.status === 'refused') return new ConfigError(answer.reason);
  return new Error(answer.status === 'failed' ? answer.reason : `Answered: ${answer.status}`);
}
