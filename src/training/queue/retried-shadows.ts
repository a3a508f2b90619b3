import type { TrainingJob } from '../../domain/training-job.js';
import type { Stores } from '../../storage/stores.js';

/** Whether there is something to train again: a shadow model that was removed gets no model. */
export async function hasShadowLeft(
  { shadows }: Stores,
  { trialUid }: TrainingJob,
): Promise<boolean> {
  const shadow = trialUid === undefined ? undefined : await shadows.findByTrial(trialUid);
  return shadow?.status !== 'removed';
}

/** The shadow model of a job that failed waits for its model again, so that the next attempt may give it one. */
export async function reopenShadow({ shadows }: Stores, { trialUid }: TrainingJob): Promise<void> {
  const shadow = trialUid === undefined ? undefined : await shadows.findByTrial(trialUid);
  if (shadow === undefined) return;
  const to = { status: 'training', reason: undefined, endedAt: undefined } as const;
  await shadows.change(shadow.uid, ['failed'], to);
}
