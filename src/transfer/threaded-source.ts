import { Worker } from 'node:worker_threads';
import { compiledUrl } from '../lib/compiled-url.js';
import { ConfigError, TransientError } from '../lib/errors.js';
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

/** What the thread may hold: a chunk and its rows, several times over. */
const MAX_OLD_GENERATION_MB = 64;
/** A chunk's lines die together: with a quarter of this half of the thread's time went to collecting them. */
const MAX_YOUNG_GENERATION_MB = 16;

interface Waiting {
  readonly resolve: (answer: SourceAnswers[keyof SourceAnswers]) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A SQLite file read by a thread of its own: rows become lines with their checksums there, while this
 * thread feeds the target and the target stores.
 */
export class ThreadedSource implements TransferSource {
  private readonly waiting: Waiting[] = [];
  private gone: Error | undefined;

  private constructor(
    readonly place: string,
    private readonly worker: Worker,
  ) {
    worker.on('message', (reply: SourceReply) => this.take(reply));
    worker.on('error', (error) => this.fail(error));
    worker.on('exit', () =>
      this.fail(new TransientError('The thread that reads the source ended')),
    );
  }

  /** @throws ConfigError naming what is wrong with the file, or that its schema is another one */
  static async open(file: string): Promise<ThreadedSource> {
    const worker = new Worker(compiledUrl(import.meta.url, './source-worker.js'), {
      workerData: { file },
      resourceLimits: {
        maxOldGenerationSizeMb: MAX_OLD_GENERATION_MB,
        maxYoungGenerationSizeMb: MAX_YOUNG_GENERATION_MB,
      },
    });
    const source = new ThreadedSource(file, worker);
    try {
      // The first question opens the file.
      await source.wasChanged();
      return source;
    } catch (error) {
      await worker.terminate();
      throw error;
    }
  }

  count(table: TableShape): Promise<number> {
    return this.ask({ kind: 'count', table });
  }

  async readChunk(
    table: TableShape,
    after: Cursor | undefined,
    limits: ChunkLimits,
  ): Promise<Chunk | undefined> {
    const packed = await this.ask({ kind: 'chunk', table, after, limits });
    return packed === undefined ? undefined : unpackChunk(packed);
  }

  async readAgain(table: TableShape, stretch: Stretch): Promise<Chunk> {
    return unpackChunk(await this.ask({ kind: 'again', table, stretch }));
  }

  findLine(table: TableShape, identity: readonly string[]): Promise<Line | undefined> {
    return this.ask({ kind: 'line', table, identity });
  }

  findUnstorableRows(
    table: TableShape,
    limits: readonly ColumnLimit[],
  ): Promise<readonly Refusal[]> {
    return this.ask({ kind: 'unstorable', table, limits });
  }

  readIds(): Promise<ReadonlyMap<string, string>> {
    return this.ask({ kind: 'ids' });
  }

  useIds(ids: ReadonlyMap<string, string>): Promise<void> {
    return this.ask({ kind: 'useIds', ids });
  }

  wasChanged(): Promise<boolean> {
    return this.ask({ kind: 'changed' });
  }

  async close(): Promise<void> {
    if (this.gone === undefined) await this.ask({ kind: 'close' });
    await this.worker.terminate();
  }

  /** Answers come in the order of the questions. */
  private ask<Kind extends SourceRequest['kind']>(
    request: Extract<SourceRequest, { kind: Kind }>,
  ): Promise<SourceAnswers[Kind]> {
    const { gone } = this;
    if (gone !== undefined) return Promise.reject(gone);
    return new Promise((resolve, reject) => {
      // The answer has the type that belongs to the question.
      this.waiting.push({ resolve: resolve as Waiting['resolve'], reject });
      this.worker.postMessage(request);
    });
  }

  private take(reply: SourceReply): void {
    const waiting = this.waiting.shift();
    if (reply.status === 'done') waiting?.resolve(reply.answer);
    else waiting?.reject(toError(reply.errorClass, reply.message));
  }

  private fail(error: Error): void {
    this.gone ??= error;
    for (const { reject } of this.waiting.splice(0)) reject(this.gone);
  }
}

function toError(errorClass: string, message: string): Error {
  if (errorClass === 'ConfigError') return new ConfigError(message);
  if (errorClass === 'TransientError') return new TransientError(message);
  return new Error(message);
}
