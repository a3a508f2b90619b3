import type { ModelRecord } from '../src/domain/model-record.js';
import type { BaseModel } from '../src/domain/base-model.js';

/** Seconds that the trainer spent in fits and refits of the last session, the base model included. */
export function fitSeconds(
  records: readonly ModelRecord[],
  baseModels: readonly BaseModel[],
): number {
  const configs = [...records, ...baseModels].map(
    ({ config }) => config['durationsMs'] as Durations,
  );
  return configs.reduce((sum, { fit = 0, refit = 0 }) => sum + (fit + refit) / 1000, 0);
}

type Durations = Readonly<Record<string, number>>;
