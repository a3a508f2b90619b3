import { existsSync } from 'node:fs';
import type { Clock } from '../../lib/clock.js';
import { RejectedError } from '../../lib/errors.js';
import type { Logger } from '../../lib/logger.js';
import { WorkerChannel } from '../../lib/workers/worker-channel.js';
import { compiledUrl, startThread } from '../../lib/workers/worker.js';
import type { Series } from '../../domain/market.js';
import type { SeriesState } from '../index/series-file.js';
import type {
  EmbeddedSeries,
  Extended,
  ExtendRequest,
  FindAnswer,
  FindRequest,
  LookalikeAnswer,
  LookalikeMessage,
  LookalikePlaces,
  LookalikeRequest,
} from './lookalike-protocol.js';

const CALL_TIMEOUT_MS = 120_000;
const WORKER_HEAP_MB = 128;

export interface LookalikeIndexOptions {
  readonly places: LookalikePlaces;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The windows of all series. Files, search and transform are in a worker thread. */
export class LookalikeIndex {
  readonly #places: LookalikePlaces;
  readonly #channel: WorkerChannel<LookalikeMessage['request'], LookalikeAnswer>;

  constructor({ places, clock, logger }: LookalikeIndexOptions) {
    this.#places = places;
    this.#channel = new WorkerChannel({
      name: 'look-alikes',
      startWorker: startThread,
      url: compiledUrl(import.meta.url, './lookalike-worker.js'),
      clock,
      logger,
      callTimeoutMs: CALL_TIMEOUT_MS,
      maxOldGenerationMb: WORKER_HEAP_MB,
    });
  }

  /** @throws RejectedError, TransientError as every call here */
  async extend(request: Omit<ExtendRequest, 'kind'>): Promise<Extended | { status: 'absent' }> {
    const answer = await this.#ask({ kind: 'extend', ...request });
    return answer.status === 'extended' || answer.status === 'absent' ? answer : misplaced(answer);
  }

  async find(request: Omit<FindRequest, 'kind'>): Promise<FindAnswer> {
    const answer = await this.#ask({ kind: 'find', ...request });
    switch (answer.status) {
      case 'found':
      case 'not_built':
      case 'too_late':
      case 'no_window':
        return answer;
      default:
        return misplaced(answer);
    }
  }

  /** How far the files are, in the order of the series; undefined where one is to be built. */
  async states(among: readonly EmbeddedSeries[]): Promise<readonly (SeriesState | undefined)[]> {
    // Where nothing was ever built, no thread is needed to see it.
    if (!existsSync(this.#places.folder)) return among.map(() => undefined);
    const answer = await this.#ask({ kind: 'states', among });
    return answer.status === 'states' ? answer.states : misplaced(answer);
  }

  /** Rows from that bar on are computed again with the next candle. */
  async cut(series: Series, fromIndex: number): Promise<void> {
    await this.#ask({ kind: 'cut', series, fromIndex });
  }

  /** Gives the memory of the rows back; the next call reads them again. */
  rest(): Promise<void> {
    return this.#channel.rest();
  }

  stop(): Promise<void> {
    return this.#channel.stop();
  }

  async #ask(asked: LookalikeRequest): Promise<Exclude<LookalikeAnswer, { status: 'failed' }>> {
    const answer = await this.#channel.call({ places: this.#places, asked });
    if (answer.status === 'failed') throw new RejectedError(answer.message);
    return answer;
  }
}

function misplaced({ status }: LookalikeAnswer): never {
  throw new RejectedError(`The look-alikes' worker answered "${status}" to another question`);
}
