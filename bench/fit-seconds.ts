import type { ModelRecord } from '../src/domain/model-record.js';
import type { PooledModel } from '../src/domain/pooled-model.js';

/** Seconds that the trainer spent in fits and refits of the last session, the pooled one included. */
export function fitSeconds(records: readonly ModelRecord[], pools: readonly PooledModel[]): number {
  const configs = [...records, ...pools].map(({ config }) => config['durationsMs'] as Durations);
  return configs.reduce((sum, { fit = 0, refit = 0 }) => sum + (fit + refit) / 1000, 0);
}

type Durations = Readonly<Record<string, number>>;
