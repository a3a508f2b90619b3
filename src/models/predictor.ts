import type { CandleColumns } from '../domain/candle-columns.js';
import { barIndex } from '../domain/timeframe.js';
import { SPAN_BARS } from '../features/definition/block-layout.js';
import { windowReachBars } from '../features/row-window.js';
import type { Clock } from '../lib/clock.js';
import { compiledUrl, startThread } from '../lib/workers/worker.js';
import { messageOf } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import { WorkerChannel } from '../lib/workers/worker-channel.js';
import { compactColumns, type CompactColumns } from './compact-columns.js';
import {
  unavailable,
  type PredictionOutcome,
  type PredictorAnswer,
  type PredictorRequest,
  type Unavailable,
} from './predictor-protocol.js';
import type { ServingModel } from './serving-model.js';

const DEFAULT_CALL_TIMEOUT_MS = 10_000;
const WORKER_HEAP_MB = 96;

export interface PredictorOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Wall time after which a call without an answer counts as failed and the worker as stuck. */
  readonly callTimeoutMs?: number;
  readonly workerUrl?: URL;
}

export interface PredictRequest {
  readonly model: ServingModel;
  /** Bars up to the candle at least; only the newest that a row needs are used. */
  readonly series: CandleColumns;
  /** Bars of the model's reference symbol; the same object as `series` for the reference itself. */
  readonly reference: CandleColumns | undefined;
  readonly candleOpenTime: number;
}

/** Asks models for their prediction of a candle. Feature rows and inference run in a worker thread. */
export class Predictor {
  readonly #channel: WorkerChannel<PredictorRequest, PredictorAnswer>;
  /** Uids of the models that the running worker has received. */
  readonly #knownModels = new Set<string>();
  #toldGeneration = 0;

  constructor(options: PredictorOptions) {
    this.#channel = new WorkerChannel({
      name: 'predictor',
      startWorker: startThread,
      url: options.workerUrl ?? compiledUrl(import.meta.url, './predictor-worker.js'),
      clock: options.clock,
      logger: options.logger,
      callTimeoutMs: options.callTimeoutMs ?? DEFAULT_CALL_TIMEOUT_MS,
      maxOldGenerationMb: WORKER_HEAP_MB,
    });
  }

  start(): void {
    this.#channel.start();
  }

  stop(): Promise<void> {
    return this.#channel.stop();
  }

  /** Loads and warms up a model ahead of its first candle, as before a promotion. */
  async prepare(model: ServingModel): Promise<{ readonly status: 'ready' } | Unavailable> {
    const answer = await this.#ask(() => {
      this.#tell(model);
      return { kind: 'load', model: model.specification };
    });
    return answer.status === 'unavailable' ? answer : { status: 'ready' };
  }

  /** Never rejects: what keeps the model from speaking is the answer. */
  async predict(request: PredictRequest): Promise<PredictionOutcome> {
    const { model, series } = request;
    const index = barIndex(request.candleOpenTime, series.timeframe);
    const reach = windowReachBars(model.specification.windowRows);
    const fromIndex = index - SPAN_BARS + 1 - reach;
    const cut = compactColumns(series, fromIndex, index + 1);
    const reference = cutReference(request, { cut, fromIndex, toIndex: index + 1 });
    const buffers = new Set([cut, reference].flatMap((part) => part?.buffer ?? []));
    const answer = await this.#ask(
      () => ({
        kind: 'predict',
        modelUid: model.record.uid,
        model: this.#tell(model) ? model.specification : undefined,
        series: cut.columns,
        reference: reference?.columns,
        attributes: model.attributes,
        index,
      }),
      [...buffers],
    );
    if (answer.status === 'predicted' || answer.status === 'unavailable') return answer;
    return unavailable('inference_error', `the worker answered ${answer.status}`);
  }

  /** Frees a model that serves no longer; the calls before this one are still answered by it. */
  async release(modelUid: string): Promise<void> {
    if (!this.#knownModels.delete(modelUid)) return;
    await this.#ask(() => ({ kind: 'release', modelUid }));
  }

  /** The request is made once the worker runs that is to answer it. */
  async #ask(
    makeRequest: () => PredictorRequest,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<PredictorAnswer> {
    try {
      this.#channel.start();
      return await this.#channel.call(makeRequest(), transfer);
    } catch (error) {
      return unavailable('inference_error', messageOf(error));
    }
  }

  /** @returns true when the worker has not received the model before */
  #tell(model: ServingModel): boolean {
    if (this.#toldGeneration !== this.#channel.generation) {
      this.#knownModels.clear();
      this.#toldGeneration = this.#channel.generation;
    }
    const isNew = !this.#knownModels.has(model.record.uid);
    this.#knownModels.add(model.record.uid);
    return isNew;
  }
}

function cutReference(
  { reference, series }: PredictRequest,
  {
    cut,
    fromIndex,
    toIndex,
  }: { readonly cut: CompactColumns; readonly fromIndex: number; readonly toIndex: number },
): CompactColumns | undefined {
  if (reference === undefined) return undefined;
  if (reference === series || reference.close === series.close) return cut;
  return compactColumns(reference, fromIndex, toIndex);
}
