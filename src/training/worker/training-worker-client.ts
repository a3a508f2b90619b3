import type { Clock } from '../../lib/clock.js';
import { compiledUrl, startProcess } from '../../lib/workers/worker.js';
import type { Logger } from '../../lib/logger.js';
import { WorkerChannel } from '../../lib/workers/worker-channel.js';
import type { DatabaseLocation } from '../../storage/connection/location.js';
import type { Judgement, JudgeRequest } from '../evaluation/judge-model.js';
import type { DriftRequest, FeatureDrift } from '../evaluation/measure-drift.js';
import type { GlobalPrepareRequest } from '../global-model/prepare-global.js';
import type { PrepareRequest, Preparation } from '../dataset/prepare-data.js';

const CALL_TIMEOUT_MS = 10 * 60_000;
const MAX_OLD_GENERATION_MB = 192;

export type TrainingWorkerRequest =
  | {
      readonly kind: 'prepare';
      readonly location: DatabaseLocation;
      readonly request: PrepareRequest | GlobalPrepareRequest;
    }
  | { readonly kind: 'judge'; readonly request: JudgeRequest }
  | {
      readonly kind: 'drift';
      readonly location: DatabaseLocation;
      readonly request: DriftRequest;
    };

export type TrainingWorkerAnswer =
  | { readonly status: 'prepared'; readonly preparation: Preparation }
  | { readonly status: 'judged'; readonly judgement: Judgement }
  | { readonly status: 'measured'; readonly drift: FeatureDrift }
  | TrainingWorkerFailure;

/** What was thrown in the worker, as a value: errors lose their class on the way between processes. */
export interface TrainingWorkerFailure {
  readonly status: 'failed';
  readonly message: string;
}

export interface TrainingWorkerClientOptions {
  readonly location: DatabaseLocation;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The whole environment of the worker's process. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Does the heavy work of training that belongs to Node in another process: matrices and judging. */
export class TrainingWorkerClient {
  readonly #channel: WorkerChannel<TrainingWorkerRequest, TrainingWorkerAnswer>;

  readonly #options: TrainingWorkerClientOptions;

  constructor(options: TrainingWorkerClientOptions) {
    this.#options = options;
    this.#channel = new WorkerChannel({
      name: 'training worker',
      startWorker: startProcess,
      url: compiledUrl(import.meta.url, './training-worker.js'),
      clock: options.clock,
      logger: options.logger,
      environment: options.environment,
      callTimeoutMs: CALL_TIMEOUT_MS,
      maxOldGenerationMb: MAX_OLD_GENERATION_MB,
    });
  }

  /** @throws TransientError when the worker dies or hangs */
  async prepare(
    request: PrepareRequest | GlobalPrepareRequest,
  ): Promise<Preparation | TrainingWorkerFailure> {
    const { location } = this.#options;
    const answer = await this.#channel.call({ kind: 'prepare', location, request });
    if (answer.status === 'prepared') return answer.preparation;
    return answer.status === 'failed' ? answer : misplaced(answer.status);
  }

  /** @throws TransientError when the worker dies or hangs */
  async judge(request: JudgeRequest): Promise<Judgement | TrainingWorkerFailure> {
    const answer = await this.#channel.call({ kind: 'judge', request });
    if (answer.status === 'judged') return answer.judgement;
    return answer.status === 'failed' ? answer : misplaced(answer.status);
  }

  /** @throws TransientError when the worker dies or hangs */
  async measureDrift(request: DriftRequest): Promise<FeatureDrift | TrainingWorkerFailure> {
    const { location } = this.#options;
    const answer = await this.#channel.call({ kind: 'drift', location, request });
    if (answer.status === 'measured') return answer.drift;
    return answer.status === 'failed' ? answer : misplaced(answer.status);
  }

  /** Ends the worker when nothing is under way: it holds a hundred megabytes that nobody needs. */
  async rest(): Promise<void> {
    await this.#channel.rest();
  }

  async stop(): Promise<void> {
    await this.#channel.stop();
  }
}

function misplaced(status: string): TrainingWorkerFailure {
  return {
    status: 'failed',
    message: `the training worker answered "${status}" to another question`,
  };
}
