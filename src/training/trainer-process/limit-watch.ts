import type { Clock } from '../../lib/clock.js';
import { messageOf } from '../../lib/errors.js';
import type { Logger } from '../../lib/logger.js';
import type { TrainerChild } from './trainer-child.js';
import { failed, type TrainerFailed } from './trainer-outcome.js';

/**
 * An import of the libraries takes seconds of processor time. On a machine that is busy with other things the
 * trainer, at nice 19, gets these within minutes: that is no defect of it.
 */
const STARTUP_LIMIT_MS = 600_000;

/** Monotonic times, kept by the attempt that is watched. */
export interface AttemptTimes {
  /** Whether the process was ready and has been given the job. */
  isSent: boolean;
  /** When the job was sent; before that, when waiting for the process began. */
  startedAtMs: number;
  lastSignMs: number;
}

export interface LimitWatchOptions {
  readonly child: Pick<TrainerChild, 'groupId' | 'readGroup'>;
  readonly times: Readonly<AttemptTimes>;
  readonly clock: Clock;
  readonly monotonicMs: () => number;
  readonly logger: Logger;
  readonly memoryLimitMb: number;
  readonly jobTimeoutMs: number;
  readonly stallTimeoutMs: number;
  readonly pollIntervalMs: number;
  /** Aborted when the attempt has its verdict. */
  readonly over: AbortSignal;
  readonly onExceeded: (failure: TrainerFailed) => void;
  readonly onMemory: (rssMb: number) => void;
}

/** Polls memory and time until the attempt is over; the first limit that is passed ends it. */
export async function watchLimits(options: LimitWatchOptions): Promise<{ peakRssMb: number }> {
  const { child, clock, over } = options;
  let peakRssMb = 0;
  let canReadMemory = child.groupId !== undefined;
  const read = async (): Promise<number | undefined> => {
    const rssMb = canReadMemory ? await findRssMb(options) : undefined;
    canReadMemory = rssMb !== undefined;
    peakRssMb = Math.max(peakRssMb, rssMb ?? 0);
    if (rssMb !== undefined) options.onMemory(rssMb);
    return rssMb;
  };
  while (!over.aborted) {
    const rssMb = await read();
    const failure = findExceededMemory(options, rssMb ?? 0) ?? findExceededTime(options);
    if (failure !== undefined) options.onExceeded(failure);
    // Rejects as soon as the attempt is over.
    await clock.sleep(options.pollIntervalMs, over).catch(() => undefined);
  }
  // What an idle trainer holds on to; a short job has grown since the last poll.
  await read();
  return { peakRssMb };
}

async function findRssMb(options: LimitWatchOptions): Promise<number | undefined> {
  try {
    return (await options.child.readGroup()).rssMb;
  } catch (error) {
    options.logger.warn('memory of the trainer cannot be read: its limit is not watched', {
      reason: messageOf(error),
    });
    return undefined;
  }
}

function findExceededMemory(options: LimitWatchOptions, rssMb: number): TrainerFailed | undefined {
  if (rssMb <= options.memoryLimitMb) return undefined;
  const allowed = `TRAIN_MEMORY_MB allows ${options.memoryLimitMb}`;
  return failed('memory', `the trainer held ${rssMb.toFixed(0)} MB, ${allowed}`);
}

function findExceededTime(options: LimitWatchOptions): TrainerFailed | undefined {
  const { times, jobTimeoutMs, stallTimeoutMs } = options;
  const nowMs = options.monotonicMs();
  if (!times.isSent) {
    if (nowMs - times.startedAtMs < STARTUP_LIMIT_MS) return undefined;
    return failed('hung', `the trainer was not ready after ${STARTUP_LIMIT_MS / 1000} s`);
  }
  if (nowMs - times.startedAtMs >= jobTimeoutMs) {
    return failed('hung', `the trainer was not done after ${jobTimeoutMs / 1000} s`);
  }
  if (nowMs - times.lastSignMs >= stallTimeoutMs) {
    return failed('hung', `the trainer gave no sign for ${stallTimeoutMs / 1000} s`);
  }
  return undefined;
}
