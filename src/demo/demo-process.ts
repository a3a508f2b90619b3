import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { compiledUrl } from '../lib/workers/worker.js';
import { ConfigError, messageOf, TransientError } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import { findMessage, type DemoMessage } from './demo-message.js';
import type { StartedDemo, DemoSettings } from './demo-server.js';

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 3_000;

/** A crashed process is started again after these waits; one that ran long enough starts at the first wait again. */
const RESTART_DELAYS_MS = [200, 1_000, 3_000, 10_000, 30_000] as const;
const STEADY_AFTER_MS = 600_000;

/** The market itself needs about 30 MB; a small young generation keeps the garbage of answers small. */
const HEAP_LIMITS = ['--max-old-space-size=96', '--max-semi-space-size=2'];

export interface DemoProcessOptions extends DemoSettings {
  readonly logger: Logger;
}

/** The demo exchange in a process of its own. */
export interface DemoProcess extends StartedDemo {
  /** Process id, another one after a crash; undefined while there is no process. */
  readonly pid: number | undefined;
  /** Ends the process, so that market time goes on from here at the next start. */
  stop(): Promise<void>;
}

/**
 * Starts the demo exchange as a child process, which ends with this one. When it crashes it is started
 * again on the same port, a few times with growing waits. Throws a ConfigError where a setting, a
 * recording or a stored run is wrong, a TransientError when the process does not come up.
 */
export async function startDemoProcess(options: DemoProcessOptions): Promise<DemoProcess> {
  const keeper = new DemoKeeper(options);
  const started = await keeper.start();
  return {
    ...started,
    get pid() {
      return keeper.pid;
    },
    stop: () => keeper.stop(),
  };
}

class DemoKeeper {
  #child: ChildProcessWithoutNullStreams | undefined;
  #restarting: Promise<void> | undefined;
  #restarts = 0;
  #venue = '';
  readonly #stopping = new AbortController();

  readonly #options: DemoProcessOptions;

  constructor(options: DemoProcessOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async start(): Promise<StartedDemo> {
    const settings: DemoSettings & { logger?: Logger } = { ...this.#options };
    delete settings.logger;
    const started = await this.#launch(settings);
    this.#venue = started.venue;
    this.#watch({ ...settings, port: Number(new URL(started.baseUrl).port) });
    return started;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    const child = this.#child;
    if (child !== undefined) await end(child);
    await this.#restarting;
  }

  async #launch(settings: DemoSettings): Promise<StartedDemo> {
    const entry = fileURLToPath(compiledUrl(import.meta.url, './main.js'));
    // An empty environment: the demo has no business with the daemon's keys. A process group of its own:
    // Ctrl+C is for the daemon, which ends the demo in its turn by closing stdin.
    const child = spawn(process.execPath, [...HEAP_LIMITS, entry], {
      env: {},
      stdio: 'pipe',
      detached: true,
    });
    child.on('error', (error) => this.#log('error', 'Demo exchange process', messageOf(error)));
    child.stdin.on('error', (error) => this.#log('debug', 'Demo exchange stdin', messageOf(error)));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#log('warn', 'Demo exchange wrote', text.trim());
    });
    this.#child = child;
    const started = this.#started(child);
    child.stdin.write(`${JSON.stringify(settings)}\n`);
    try {
      return await started;
    } catch (error) {
      await end(child);
      throw error;
    }
  }

  /** Resolves with the child's first message; later ones are logged as they come. */
  #started(child: ChildProcessWithoutNullStreams): Promise<StartedDemo> {
    return new Promise((resolve, reject) => {
      const giveUp = (what: string): void => reject(new TransientError(`Demo exchange ${what}`));
      const timer = setTimeout(() => giveUp('did not start in time'), START_TIMEOUT_MS);
      child.once('exit', (code, signal) => {
        clearTimeout(timer);
        giveUp(`ended with ${signal ?? `code ${code ?? '?'}`} before it listened`);
      });
      createInterface({ input: child.stdout }).on('line', (line) => {
        const message = findMessage(line);
        if (message?.event === 'listening') {
          clearTimeout(timer);
          resolve(message);
        } else if (message?.event === 'failed') {
          const { isConfigError, message: text } = message;
          reject(isConfigError ? new ConfigError(text) : new TransientError(text));
        } else this.#report(message, line);
      });
    });
  }

  #watch(settings: DemoSettings): void {
    const steady = setTimeout(() => (this.#restarts = 0), STEADY_AFTER_MS);
    steady.unref();
    const child = this.#child;
    const onExit = (code: number | null, signal: string | null): void => {
      clearTimeout(steady);
      this.#child = undefined;
      if (this.#stopping.signal.aborted) return;
      this.#log('warn', 'Demo exchange ended', signal ?? `code ${code ?? '?'}`);
      this.#restarting = this.#restart(settings);
    };
    if (child === undefined || child.exitCode !== null) onExit(child?.exitCode ?? null, null);
    else child.once('exit', onExit);
  }

  /** Tries until it runs again, the waits are used up, or the demo is stopped. */
  async #restart(settings: DemoSettings): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const delayMs = RESTART_DELAYS_MS[this.#restarts++];
      if (delayMs === undefined) {
        await this.#giveUp('it crashed too often: restart the daemon');
        return;
      }
      try {
        await sleep(delayMs, undefined, { signal: this.#stopping.signal });
        const { venue } = await this.#launch(settings);
        if (venue === this.#venue) {
          this.#log('info', 'Demo exchange runs again', venue);
          this.#watch(settings);
        } else await this.#giveUp(`another run began, ${venue}: restart the daemon`);
        return;
      } catch (error) {
        this.#child = undefined;
        this.#log('warn', 'Demo exchange did not restart', messageOf(error));
      }
    }
  }

  /** The demo does not come back: what was read of it must not be mixed with another run. */
  async #giveUp(reason: string): Promise<void> {
    this.#log('error', 'Demo exchange given up', reason);
    const child = this.#child;
    this.#child = undefined;
    if (child !== undefined) await end(child);
  }

  #report(message: DemoMessage | undefined, line: string): void {
    if (message?.event === 'log') {
      this.#options.logger[message.level](message.message, message.fields);
    } else if (message?.event === 'ended') {
      const at = new Date(message.marketMs).toISOString();
      this.#log('warn', 'The recording is played to its end; the demo idles', at);
    } else this.#log('warn', 'Demo exchange wrote', line);
  }

  #log(level: 'debug' | 'info' | 'warn' | 'error', message: string, detail: string): void {
    this.#options.logger[level](message, { detail });
  }
}

/** Lets the process end by itself, and makes it when it does not. */
async function end(child: ChildProcessWithoutNullStreams): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, 'exit');
  child.stdin.end();
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}
