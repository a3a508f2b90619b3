import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import { SystemdNotify } from '../monitoring/systemd-notify.js';
import type { ReadPhase } from './phases.js';

/** What systemd put into the environment. */
export interface SupervisorEnvironment {
  readonly socket?: string | undefined;
  readonly watchdogUsec?: string | undefined;
}

interface SupervisorOptions extends SupervisorEnvironment {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Tells systemd that the daemon is alive. Silence of the cycles counts only while there are cycles. */
export function createSupervisor(
  readPhase: ReadPhase,
  { socket, watchdogUsec, clock, logger }: SupervisorOptions,
): SystemdNotify {
  const usec = Number(watchdogUsec);
  return new SystemdNotify({
    socket,
    watchdogMs: usec > 0 ? usec / 1000 : undefined,
    clock,
    logger,
    isAlive: () => readPhase().name !== 'active' || readPhase().loopWatch.isAlive(),
  });
}
