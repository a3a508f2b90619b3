import type { ModelKey } from '../domain/model-key.js';
import type { LoopWatch } from '../monitoring/loop-watch.js';
import type { OutcomeResolver } from '../signals/outcome-resolver.js';
import type { TrainingService } from '../training/training-service.js';
import type { CandlePipeline } from '../pipeline/candle-pipeline.js';

export interface AnalysisCycleOptions {
  /** Every key that has signals by now. */
  readonly keys: () => readonly ModelKey[];
  readonly training: Pick<TrainingService, 'planDue'>;
  readonly pipeline: Pick<CandlePipeline, 'retry'>;
  readonly resolver: Pick<OutcomeResolver, 'resolve'>;
  readonly loopWatch: Pick<LoopWatch, 'beat'>;
}

/**
 * The work between candles: queues the training that is due, retries decisions that failed, and adds the
 * outcomes of earlier signals. Makes no signal of its own.
 */
export function analysisCycle(
  options: AnalysisCycleOptions,
): (signal: AbortSignal) => Promise<void> {
  const { keys, training, pipeline, resolver, loopWatch } = options;
  return async (signal) => {
    await training.planDue();
    pipeline.retry();
    for (const key of keys()) {
      if (signal.aborted) return;
      await resolver.resolve(key);
    }
    loopWatch.beat();
  };
}
