import type { JobStatus, SessionStatus } from './training-job.js';

/** What may happen to a training job. */
export type JobEvent = 'claim' | 'complete' | 'fail' | 'requeue' | 'cancel';

interface Transition {
  readonly from: readonly JobStatus[];
  readonly to: JobStatus;
}

/** Every legal step of a job. The job store changes a status only by these: what is not listed cannot happen. */
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

/** The event that ends a job in each final status. */
export const JOB_ENDS = {
  completed: 'complete',
  failed: 'fail',
  cancelled: 'cancel',
} as const satisfies Partial<Record<JobStatus, JobEvent>>;

/** A job in such a status never changes again. */
export function isFinal(status: JobStatus): boolean {
  return Object.values(JOB_TRANSITIONS).every((transition) => !transition.from.includes(status));
}

/** What may happen to a session. */
export type SessionEvent = 'start' | 'pause' | 'resume' | 'cancel' | 'complete' | 'fail';

interface SessionTransition {
  readonly from: readonly SessionStatus[];
  readonly to: SessionStatus;
}

/** Every legal step of a session; the session store takes no other. The last two follow from its jobs. */
export const SESSION_TRANSITIONS: Readonly<Record<SessionEvent, SessionTransition>> = {
  start: { from: ['pending'], to: 'running' },
  pause: { from: ['running'], to: 'paused' },
  resume: { from: ['paused'], to: 'running' },
  cancel: { from: ['pending', 'running', 'paused'], to: 'cancelled' },
  complete: { from: ['running', 'paused'], to: 'completed' },
  fail: { from: ['running', 'paused'], to: 'failed' },
};

/** Status of a session after `event`, or undefined where the event is illegal in that status. */
export function findNextSessionStatus(
  status: SessionStatus,
  event: SessionEvent,
): SessionStatus | undefined {
  const { from, to } = SESSION_TRANSITIONS[event];
  return from.includes(status) ? to : undefined;
}

/** @throws Error where no event leads from one status to the other: a defect of the caller */
export function assertSessionStep(from: SessionStatus, to: SessionStatus): void {
  const isLegal = Object.values(SESSION_TRANSITIONS).some(
    (transition) => transition.to === to && transition.from.includes(from),
  );
  if (!isLegal) throw new Error(`A ${from} session cannot become ${to}`);
}
