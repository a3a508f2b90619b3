import type { JobStatus } from '../../domain/training-job.js';
import type { JobTally } from '../../storage/stores/job-store.js';

export interface SessionProgress {
  /** 0 to 100; a running job counts by its progress. */
  readonly percentage: number;
  /** Jobs that have ended in any way. */
  readonly current: number;
  readonly total: number;
  /** From the mean time of a job, as if no other session's jobs came between; undefined until one has ended. */
  readonly etaSeconds: number | undefined;
  readonly itemsPerMinute: number | undefined;
  readonly summary: Readonly<Record<JobStatus, number>>;
}

/**
 * @param own jobs of the session
 * @param all jobs of the venue: their mean time is used until a job of the session has ended
 */
export function readProgress(
  own: readonly JobTally[],
  all: readonly JobTally[],
  lanes: number,
): SessionProgress {
  const count = (status: JobStatus): number => sum(own, status, 'jobs');
  const summary = {
    pending: count('pending'),
    running: count('running'),
    completed: count('completed'),
    failed: count('failed'),
    cancelled: count('cancelled'),
  };
  const current = summary.completed + summary.failed + summary.cancelled;
  const total = current + summary.pending + summary.running;
  const underWay = sum(own, 'running', 'progressPct') / 100;
  const meanMs = meanOf(own) ?? meanOf(all);
  const leftJobs = total - current - underWay;
  return {
    percentage: total === 0 ? 0 : Math.min(100, (100 * (current + underWay)) / total),
    current,
    total,
    summary,
    etaSeconds:
      total === current ? 0 : meanMs === undefined ? undefined : (leftJobs * meanMs) / 1000 / lanes,
    itemsPerMinute: meanMs === undefined ? undefined : (60_000 / meanMs) * lanes,
  };
}

/** Mean time of completed jobs; failed and cancelled ones say little about the others. */
function meanOf(tally: readonly JobTally[]): number | undefined {
  const workedMs = sum(tally, 'completed', 'workedMs');
  return workedMs > 0 ? workedMs / sum(tally, 'completed', 'jobs') : undefined;
}

function sum(
  tally: readonly JobTally[],
  status: JobStatus,
  field: 'jobs' | 'progressPct' | 'workedMs',
): number {
  return tally.reduce((total, one) => total + (one.status === status ? one[field] : 0), 0);
}
