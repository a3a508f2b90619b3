import { computed, type ComputedRef } from 'vue';
import { call, type Answer } from '../api/client';
import { useModelExtras } from '../stores/model-extras';
import { market } from './format';
import { keyOfJob } from './models';
import { useResource, type Resource } from './use-resource';

export type TrainingStatus = Resource<Answer<'GET /api/training/status'>>;

export interface CurrentJob {
  readonly name: string;
  readonly startedAt: string | null;
  readonly stage: string | null;
  /** In percent. */
  readonly progress: number;
}

/** The queue of training as a whole: read once by a page, for all its parts. */
export function useTraining(): TrainingStatus {
  return useResource((signal) => call('GET /api/training/status', { signal }), { of: ['jobs'] });
}

/** What is trained now, as far as events have told since it was read. */
export function useCurrentJob({ data }: TrainingStatus): ComputedRef<CurrentJob | undefined> {
  const extras = useModelExtras();
  return computed(() => {
    const job = data.value?.current_training ?? undefined;
    if (job === undefined) return undefined;
    const told = extras.running.get(keyOfJob(job));
    return {
      name: `${market(job.unified_symbol)} ${job.timeframe} ${job.bot}`,
      startedAt: job.started_at,
      stage: told?.stage ?? job.stage,
      progress: Math.max(told?.progress ?? 0, job.progress),
    };
  });
}
