import type { Priority } from './training-job.js';

/** A process that works off a venue's queue in place of its daemon. */
export interface QueueWorker {
  readonly uid: string;
  readonly venue: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  readonly catalogueHash: string;
  readonly cores: number;
  /** Of the machine. */
  readonly memoryMb: number;
  /** Name of the graphics card that deep bots can be fitted on. */
  readonly accelerator: string | undefined;
  /** Which jobs it takes, in this order. */
  readonly queues: readonly Priority[];
  /** Jobs at a time. */
  readonly concurrency: number;
  /** Names of the bots that it can train: it leaves the jobs of others to others. */
  readonly bots: readonly string[];
  readonly status: 'working' | 'refused' | 'stopped';
  /** Why it is refused, or cannot train some bots. */
  readonly reason: string | undefined;
  /** Wall time. */
  readonly startedAt: number;
}

/** Silence after which a worker counts as dead, and its jobs are another one's. */
export const DEAD_AFTER_MS = 15_000;

/** A worker as the database last heard of it. */
export interface SeenWorker extends QueueWorker {
  /** Since its last sign of life, by the database's clock. */
  readonly silentMs: number;
}

/** Whether it may still hold jobs. */
export function isAlive({ status, silentMs }: SeenWorker): boolean {
  return status === 'working' && silentMs <= DEAD_AFTER_MS;
}

/** Bots that none of some workers can train, and why, by host. */
export interface Untrainable {
  readonly bots: readonly string[];
  readonly reasons: readonly string[];
}

export function findUntrainable(
  bots: readonly string[],
  workers: readonly QueueWorker[],
): Untrainable {
  return {
    bots: bots.filter((bot) => !workers.some((worker) => worker.bots.includes(bot))),
    reasons: workers.flatMap(({ host, reason }) => (reason ? [`${host}: ${reason}`] : [])),
  };
}
