import { execFile } from 'node:child_process';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';

export interface SystemdNotifyOptions {
  /** Address of the supervisor's socket; without one nothing is ever sent. */
  readonly socket: string | undefined;
  /** Time after which the supervisor takes silence for a hang; undefined without a watchdog. */
  readonly watchdogMs: number | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether the daemon's loop still turns: a watchdog is only fed while it does. */
  readonly isAlive: () => boolean;
}

/** Feeding twice in a period tolerates one lost message. */
const FEEDS_PER_PERIOD = 2;
const PROGRAM_TIMEOUT_MS = 2000;

/**
 * Tells systemd what the daemon is doing (`sd_notify(3)`), through the `systemd-notify` program because
 * Node cannot write to a datagram socket of the file system.
 */
export class SystemdNotify {
  readonly #options: SystemdNotifyOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SystemdNotifyOptions) {
    this.#options = options;
  }

  /** Ready to serve; from now on the watchdog is fed. */
  async ready(status: string): Promise<void> {
    await this.#send('READY=1', `STATUS=${status}`);
    const { watchdogMs } = this.#options;
    if (watchdogMs === undefined || this.#timer !== undefined) return;
    this.#timer = setInterval(() => {
      if (this.#options.isAlive()) void this.#send('WATCHDOG=1');
    }, watchdogMs / FEEDS_PER_PERIOD);
    this.#timer.unref();
  }

  async status(text: string): Promise<void> {
    await this.#send(`STATUS=${text}`);
  }

  /** Says that the stop was asked for, so that it is not taken for a crash. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#send('STOPPING=1');
  }

  async #send(...assignments: string[]): Promise<void> {
    const { socket, logger } = this.#options;
    if (socket === undefined) return;
    const pid = `MAINPID=${process.pid}`;
    await new Promise<void>((resolve) => {
      execFile(
        'systemd-notify',
        [pid, ...assignments],
        { timeout: PROGRAM_TIMEOUT_MS, env: { PATH: '/usr/bin:/bin', NOTIFY_SOCKET: socket } },
        (error) => {
          if (error !== null) logger.warn('systemd could not be notified', { assignments, error });
          resolve();
        },
      );
    });
  }
}
