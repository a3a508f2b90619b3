import type { ModelKey } from '../domain/model-key.js';
import type { LoopWatch } from '../monitoring/loop-watch.js';
import type { OutcomeResolver } from '../signals/outcome-resolver.js';
import type { TrainingService } from '../training/training-service.js';
import type { CandlePipeline } from '../pipeline/candle-pipeline.js';

export interface AnalysisCycleOptions {
  readonly keys: readonly ModelKey[];
  readonly training: Pick<TrainingService, 'planDue'>;
  readonly decisions: Pick<CandlePipeline, 'retry'>;
  readonly resolver: Pick<OutcomeResolver, 'resolve'>;
  readonly loopWatch: Pick<LoopWatch, 'beat'>;
}

/**
 * What is done again and again between candles: queue the training that is due, look again at decisions
 * that failed, join outcomes to earlier signals. Adds no signal and no decision of its own.
 */
export function analysisCycle(
  options: AnalysisCycleOptions,
): (signal: AbortSignal) => Promise<void> {
  const { keys, training, decisions, resolver, loopWatch } = options;
  return async (signal) => {
    await training.planDue();
    decisions.retry();
    for (const key of keys) {
      if (signal.aborted) return;
      await resolver.resolve(key);
    }
    loopWatch.beat();
  };
}
