import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { Timeframe } from '../../domain/timeframe.js';
import type { Clock } from '../../lib/clock.js';
import { ConfigError } from '../../lib/errors.js';
import { SILENT_LOGGER } from '../../lib/silent-logger.js';
import { WorkerChannel } from '../../lib/workers/worker-channel.js';
import { compiledUrl, startThread } from '../../lib/workers/worker.js';
import type { RecordingFile } from '../../recording/recording-file.js';
import { fallbackSeries } from '../../signals/fallback-series.js';
import { chooseFiles, type FolderFiles, type ReadSymbol } from './candle-files.js';
import type { FolderAnswer } from './folder-worker.js';
import type { MarketHistory } from './market-history.js';
import { readMarketRules } from './market-rules.js';

/** The candles themselves lie outside the heap. */
const WORKER_HEAP_MB = 256;
const TIMEOUT_MS = 3_600_000;
/** More would only wait for this thread, which works out what the rules say, and has a core for itself. */
const MAX_READERS = 2;

type Reader = WorkerChannel<RecordingFile, FolderAnswer>;

/**
 * Reads a folder of files in the demo exchange's format. Threads read them beside whatever the caller does meanwhile;
 * what the rules say of a symbol is worked out here while they read the next ones.
 *
 * @throws ConfigError naming the file and line, or the symbol, that is wrong or missing
 */
export async function loadFolder(wanted: FolderFiles, clock: Clock): Promise<MarketHistory> {
  const files = chooseFiles(wanted);
  const rules = readMarketRules(wanted.folder);
  const freeCores = Math.max(availableParallelism() - 1, 1);
  const count = Math.min(MAX_READERS, freeCores, files.length);
  const readers = Array.from({ length: count }, () => createReader(clock));
  try {
    const read = await Promise.all(
      files.map((file, at) => readFile(readers[at % count] as Reader, file)),
    );
    return toHistory(read, rules, wanted.timeframe);
  } finally {
    await Promise.all(readers.map((reader) => reader.stop()));
  }
}

function createReader(clock: Clock): Reader {
  return new WorkerChannel({
    name: 'candle files',
    startWorker: startThread,
    url: compiledUrl(import.meta.url, './folder-worker.js'),
    clock,
    logger: SILENT_LOGGER,
    callTimeoutMs: TIMEOUT_MS,
    maxOldGenerationMb: WORKER_HEAP_MB,
  });
}

async function readFile(reader: Reader, file: RecordingFile): Promise<ReadSymbol> {
  const answer = await reader.call(file);
  if (answer.status === 'refused') throw new ConfigError(answer.reason);
  if (answer.status === 'failed') throw new Error(answer.reason);
  const { instrument, columns } = answer.symbol;
  return { symbol: { instrument, columns, rules: fallbackSeries(columns) }, hash: answer.hash };
}

function toHistory(
  files: readonly ReadSymbol[],
  rules: ReturnType<typeof readMarketRules>,
  timeframe: Timeframe,
): MarketHistory {
  const digest = createHash('sha256');
  for (const { hash } of files) digest.update(hash);
  const dataHash = digest.digest('hex');
  const symbols = files.map(({ symbol }) => {
    const { instrument } = symbol;
    return { ...symbol, instrument: { ...instrument, ...rules.get(instrument.symbol) } };
  });
  return { venue: `files:${dataHash.slice(0, 10)}`, timeframe, symbols, dataHash };
}
