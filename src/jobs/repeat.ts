import type { Clock } from '../lib/clock.js';
import { ConfigError, messageOf, TransientError } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import type { FaultBoard } from '../monitoring/fault-board.js';
import { runOnAlarm, type Alarm } from './alarm.js';

/** Work that the daemon repeats, at an interval or woken by an alarm. */
export type Job = {
  readonly name: string;
  readonly run: (signal: AbortSignal) => Promise<void>;
} & (
  | {
      /** Wall time from the start of one run to the start of the next. */
      readonly intervalMs: number;
    }
  | { readonly alarm: Alarm }
);

export type JobTools = Pick<RepeatOptions, 'clock' | 'logger' | 'signal' | 'faults'>;

/** Starts all of them. @returns what resolves when they have ended, which the signal makes them */
export function startJobs(jobs: readonly Job[], tools: JobTools): () => Promise<void> {
  const running = jobs.map((job) =>
    startJob(job, tools).catch((error: unknown) => {
      tools.logger.error(`${job.name} is not repeated any more: ${messageOf(error)}`);
    }),
  );
  return async () => {
    await Promise.all(running);
    // What is meant to have ended is no fault.
    for (const { name } of jobs) tools.faults.succeeded(name);
  };
}

function startJob(job: Job, tools: JobTools): Promise<void> {
  const { name, run } = job;
  if ('intervalMs' in job) return repeat({ name, intervalMs: job.intervalMs, ...tools }, run);
  const { logger, signal, faults } = tools;
  return runOnAlarm({ alarm: job.alarm, logger, signal }, () =>
    runOnce({ name, logger, signal, faults }, run),
  );
}

export interface RepeatOptions {
  readonly name: string;
  /** Wall time from the start of one run to the start of the next; a run that is longer delays it. */
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Where it is seen whether the newest run failed. */
  readonly faults: Pick<FaultBoard, 'failed' | 'succeeded'>;
}

/**
 * Runs `work` again and again until the signal aborts. What a run throws is logged and costs that run
 * only; a `ConfigError` ends the repetition, because no later run would do better.
 */
export async function repeat(
  options: RepeatOptions,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { clock, signal, intervalMs } = options;
  while (!signal.aborted) {
    const startedMs = clock.wallMs();
    await runOnce(options, work);
    const restMs = intervalMs - (clock.wallMs() - startedMs);
    // A clock that was set back must not make the rest longer than the interval.
    await rest(clock, Math.min(intervalMs, Math.max(0, restMs)), signal);
  }
}

async function runOnce(
  { name, logger, signal, faults }: Pick<RepeatOptions, 'name' | 'logger' | 'signal' | 'faults'>,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  try {
    await work(signal);
    faults.succeeded(name);
  } catch (error) {
    if (signal.aborted) return;
    faults.failed(name, error);
    if (error instanceof ConfigError) throw error;
    if (error instanceof TransientError) logger.warn(`${name}: ${error.message}`);
    else logger.error(`${name} failed`, { error });
  }
}

async function rest(clock: Clock, durationMs: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(durationMs, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
