import type { Clock } from '../lib/clock.js';
import { compiledUrl } from '../lib/workers/worker.js';
import { ConfigError, TransientError } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import { WorkerChannel } from '../lib/workers/worker-channel.js';
import { startThread } from '../lib/workers/worker.js';
import type { Line } from './lines.js';
import {
  unpackChunk,
  type SourceAnswers,
  type SourceReply,
  type SourceRequest,
} from './source-protocol.js';
import type { TableShape } from './table-shapes.js';
import type {
  Chunk,
  ChunkLimits,
  ColumnLimit,
  Cursor,
  Refusal,
  Stretch,
  TransferSource,
} from './transfer-ports.js';

/** Heap of the thread: a chunk and its rows, several times over. */
const WORKER_HEAP_MB = 64;
/** A chunk's lines die together: with a quarter of this half of the thread's time went to collecting them. */
const WORKER_YOUNG_HEAP_MB = 16;

/** Longest answer: one pass over a table of hundreds of millions of rows. */
const CALL_TIMEOUT_MS = 60 * 60_000;

/**
 * A SQLite file read by a worker thread: rows become lines with their checksums there, while this
 * thread feeds the target and the target stores.
 */
export class SourceWorkerClient implements TransferSource {
  readonly place: string;
  readonly #channel: WorkerChannel<SourceRequest, SourceReply>;

  private constructor(place: string, channel: WorkerChannel<SourceRequest, SourceReply>) {
    this.place = place;
    this.#channel = channel;
  }

  /** @throws ConfigError naming what is wrong with the file, or that its schema is another one */
  static async open(
    file: string,
    { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
  ): Promise<SourceWorkerClient> {
    const channel = new WorkerChannel<SourceRequest, SourceReply>({
      name: 'the reader of the source',
      startWorker: startThread,
      url: compiledUrl(import.meta.url, './source-worker.js'),
      clock,
      logger,
      callTimeoutMs: CALL_TIMEOUT_MS,
      maxOldGenerationMb: WORKER_HEAP_MB,
      maxYoungGenerationMb: WORKER_YOUNG_HEAP_MB,
      // A second worker would read the file as it is at another moment.
      maxStarts: 1,
      startWindowMs: Infinity,
    });
    const source = new SourceWorkerClient(file, channel);
    try {
      await source.#ask({ kind: 'open', file });
      return source;
    } catch (error) {
      await channel.stop();
      throw error;
    }
  }

  count(table: TableShape): Promise<number> {
    return this.#ask({ kind: 'count', table });
  }

  async readChunk(
    table: TableShape,
    after: Cursor | undefined,
    limits: ChunkLimits,
  ): Promise<Chunk | undefined> {
    const packed = await this.#ask({ kind: 'chunk', table, after, limits });
    return packed === undefined ? undefined : unpackChunk(packed);
  }

  async readAgain(table: TableShape, stretch: Stretch): Promise<Chunk> {
    return unpackChunk(await this.#ask({ kind: 'again', table, stretch }));
  }

  findLine(table: TableShape, identity: readonly string[]): Promise<Line | undefined> {
    return this.#ask({ kind: 'line', table, identity });
  }

  findUnstorableRows(
    table: TableShape,
    limits: readonly ColumnLimit[],
  ): Promise<readonly Refusal[]> {
    return this.#ask({ kind: 'unstorable', table, limits });
  }

  readIds(): Promise<ReadonlyMap<string, string>> {
    return this.#ask({ kind: 'ids' });
  }

  useIds(ids: ReadonlyMap<string, string>): Promise<void> {
    return this.#ask({ kind: 'useIds', ids });
  }

  wasChanged(): Promise<boolean> {
    return this.#ask({ kind: 'changed' });
  }

  async close(): Promise<void> {
    // A worker that is gone has nothing open any more.
    await this.#ask({ kind: 'close' }).catch(() => undefined);
    await this.#channel.stop();
  }

  async #ask<Kind extends SourceRequest['kind']>(
    request: Extract<SourceRequest, { kind: Kind }>,
  ): Promise<SourceAnswers[Kind]> {
    const reply = await this.#channel.call(request);
    if (reply.status === 'failed') throw toError(reply.errorClass, reply.message);
    // The answer has the type that belongs to the request.
    return reply.answer as SourceAnswers[Kind];
  }
}

function toError(errorClass: string, message: string): Error {
  if (errorClass === 'ConfigError') return new ConfigError(message);
  if (errorClass === 'TransientError') return new TransientError(message);
  return new Error(message);
}
