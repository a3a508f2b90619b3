import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const SCRIPTS = new URL('../../dist/scripts/', import.meta.url);
const LIMIT_MS = 60_000;
const POLL_MS = 20;

/** One line of `--json`. */
export type JsonLine = Readonly<Record<string, unknown>>;

/** A command of `npm run` as a process of its own, without the set-up before it. */
export class CommandChild {
  stdout = '';
  stderr = '';
  readonly ended: Promise<number | null>;
  readonly #process: ChildProcess;

  constructor(
    script: 'collect' | 'train' | 'experiment',
    parameters: readonly string[],
    environment: Readonly<Record<string, string>>,
  ) {
    const entry = fileURLToPath(new URL(`${script}.js`, SCRIPTS));
    const { PATH = '/usr/bin:/bin' } = process.env;
    this.#process = spawn(process.execPath, [entry, ...parameters], {
      cwd: environment['DATA_DIR'],
      env: { PATH, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.#process.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.ended = new Promise((resolve) => this.#process.once('close', resolve));
  }

  get pid(): number {
    return this.#process.pid ?? -1;
  }

  kill(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Waits for something in what was written. */
  async line(pattern: RegExp): Promise<void> {
    await this.until(() => pattern.test(this.stdout + this.stderr), String(pattern));
  }

  async until(isThere: () => boolean, what: string): Promise<void> {
    const deadline = performance.now() + LIMIT_MS;
    while (performance.now() < deadline) {
      if (isThere()) return;
      await sleep(POLL_MS);
    }
    throw new Error(`Never came: ${what}. It wrote:\n${(this.stdout + this.stderr).slice(-4000)}`);
  }

  /** What `--json` wrote so far. */
  get json(): readonly JsonLine[] {
    const whole = this.stdout.slice(0, this.stdout.lastIndexOf('\n') + 1);
    return whole
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as JsonLine);
  }

  get progress(): readonly JsonLine[] {
    return this.json.filter(({ event }) => event === 'progress');
  }
}
