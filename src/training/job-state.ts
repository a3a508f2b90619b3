import type { JobStatus } from '../domain/training-job.js';

/** What may happen to a training job. */
export type JobEvent = 'claim' | 'complete' | 'fail' | 'requeue' | 'cancel';

interface Transition {
  readonly from: readonly JobStatus[];
  readonly to: JobStatus;
}

/** Every legal step of a job. What is not listed here cannot happen. */
export const JOB_TRANSITIONS: Readonly<Record<JobEvent, Transition>> = {
  claim: { from: ['pending'], to: 'running' },
  complete: { from: ['running'], to: 'completed' },
  fail: { from: ['pending', 'running'], to: 'failed' },
  requeue: { from: ['running'], to: 'pending' },
  cancel: { from: ['pending', 'running'], to: 'cancelled' },
};

/** Status after `event`, or undefined where the event is illegal in that status. */
export function findNextStatus(status: JobStatus, event: JobEvent): JobStatus | undefined {
  const transition = JOB_TRANSITIONS[event];
  return transition.from.includes(status) ? transition.to : undefined;
}

/** Status after `event`; an illegal event is a defect of the caller. */
export function getNextStatus(status: JobStatus, event: JobEvent): JobStatus {
  const next = findNextStatus(status, event);
  if (next === undefined) throw new Error(`A ${status} training job cannot ${event}`);
  return next;
}

/** A job in such a status never changes again. */
export function isFinal(status: JobStatus): boolean {
  return Object.values(JOB_TRANSITIONS).every((transition) => !transition.from.includes(status));
}
