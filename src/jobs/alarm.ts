import { EventEmitter, once } from 'node:events';
import { schedule } from 'node-cron';
import type { Logger } from '../lib/logger.js';

/** A time of the wall clock that comes again and again, in UTC. */
export interface Alarm {
  /** Five fields of cron, or six with seconds. */
  readonly expression: string;
  /** How late a ring may be and still count: less than the time to the next. */
  readonly toleranceMs: number;
}

export const EVERY_TWO_SECONDS: Alarm = { expression: '*/2 * * * * *', toleranceMs: 1_500 };
export const EVERY_MINUTE: Alarm = { expression: '* * * * *', toleranceMs: 59_000 };
export const EVERY_HOUR: Alarm = { expression: '0 * * * *', toleranceMs: 59 * 60_000 };

/**
 * Runs `work` at once and then whenever the alarm rings, until the signal aborts. An alarm only wakes: the
 * work decides from stored state what is due. So rings during a run count as one, and a ring that a
 * suspended machine missed is not made up for; the next one does.
 */
export async function runOnAlarm(
  { alarm, logger, signal }: { alarm: Alarm; logger: Logger; signal: AbortSignal },
  work: () => Promise<void>,
): Promise<void> {
  const bell = new EventEmitter();
  let rings = 0;
  bell.on('ring', () => rings++);
  const task = schedule(alarm.expression, () => bell.emit('ring'), {
    timezone: 'UTC',
    missedExecutionTolerance: alarm.toleranceMs,
    suppressMissedWarning: true,
    // Its own logger writes coloured lines to the terminal.
    logger: {
      debug: () => undefined,
      info: () => undefined,
      warn: (message) => logger.debug(message),
      error: (message, error) => logger.error(String(message), { error }),
    },
  });
  try {
    while (!signal.aborted) {
      const ringsBefore = rings;
      await work();
      if (rings === ringsBefore) await once(bell, 'ring', { signal }).catch(() => undefined);
    }
  } finally {
    await task.destroy();
  }
}
