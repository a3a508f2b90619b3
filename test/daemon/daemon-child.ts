import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';
import type { z } from 'zod';
import { descendantsOf, waitForEnd } from './process-table.js';

const ENTRY = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));
const START_LIMIT_MS = 90_000;
/** A look costs daemon and test some milliseconds: who waits long looks less often. */
const POLL_MS = { first: 20, most: 250, shareWaited: 0.1 };

/** Few trees on few features, for suites that ask nothing of the model but that there is one. */
export const QUICK_FIT = {
  CATBOOST_ITERATIONS: '60',
  CATBOOST_LEARNING_RATE: '0.1',
  FEATURE_GROUPS: 'price,momentum',
} as const;

/** Small and fast: one symbol, a short history, an hour of market time every few seconds. */
export const QUICK = {
  ...QUICK_FIT,
  API_PORT: '0',
  SYMBOLS: 'BTC/USDT',
  DEMO_SPEED: '1200',
  TRAIN_MONTHS_BACK: '1',
} as const;

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface StartOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly parameters?: readonly string[];
  /** Working directory, in which `.env` is looked for. Default: a folder without one. */
  readonly cwd?: string;
  /** Module that is loaded before the daemon's own. */
  readonly preload?: string;
}

/** The compiled daemon as a process of its own, as systemd or a person starts it. */
export class DaemonChild {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';
  hasEnded = false;

  constructor(options: StartOptions = {}) {
    const { environment = {}, parameters = [], cwd = tmpdir(), preload } = options;
    const { PATH = '/usr/bin:/bin', HOME = '/' } = process.env;
    const imports = preload === undefined ? [] : ['--import', preload];
    this.process = spawn(process.execPath, [...imports, ENTRY, ...parameters], {
      cwd,
      env: { PATH, HOME, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.process.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.ended = new Promise((resolve) => {
      this.process.once('close', (code, signal) => {
        this.hasEnded = true;
        resolve({ code, signal });
      });
    });
  }

  get pid(): number {
    return this.process.pid ?? -1;
  }

  get output(): string {
    return this.stdout + this.stderr;
  }

  /** Such as `http://127.0.0.1:41234`, once it is served. */
  async address(): Promise<string> {
    const [, found = ''] = await this.line(/Page and API at (http:\S+?)["\s]/);
    return found;
  }

  /** Waits for a line of output. */
  async line(pattern: RegExp, limitMs = START_LIMIT_MS): Promise<RegExpExecArray> {
    return this.until(() => pattern.exec(this.output) ?? undefined, {
      what: String(pattern),
      limitMs,
    });
  }

  async fetch(route: string, init?: RequestInit): Promise<Response> {
    const base = await this.address();
    return fetch(base + route, init);
  }

  /** The answer of a call, held to its shape. */
  async get<T extends z.ZodType>(route: string, shape: T): Promise<z.output<T>> {
    const answer = await this.fetch(route);
    return shape.parse(await answer.json());
  }

  /** Looks until `probe` finds something; a daemon that ends meanwhile is reported with its output. */
  async until<T>(
    probe: () => Promise<T | undefined> | T | undefined,
    { what, limitMs = START_LIMIT_MS }: { readonly what: string; readonly limitMs?: number },
  ): Promise<T> {
    const began = performance.now();
    for (let waitedMs = 0; waitedMs < limitMs; waitedMs = performance.now() - began) {
      const hadEnded = this.hasEnded;
      const found = await probe();
      if (found !== undefined) return found;
      if (hadEnded) break;
      const pauseMs = Math.min(POLL_MS.first + POLL_MS.shareWaited * waitedMs, POLL_MS.most);
      await sleep(pauseMs);
    }
    throw new Error(`Never came: ${what}. The daemon wrote:\n${this.output.slice(-4000)}`);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.process.kill(signal);
    return this.ended;
  }
}

export interface DaemonRig {
  readonly start: (options?: StartOptions) => DaemonChild;
  /** A new temporary folder. */
  readonly folder: () => string;
}

/** Daemons and folders of a suite, all gone after each test. */
export function daemonRig(): DaemonRig {
  const children: DaemonChild[] = [];
  const folders: string[] = [];
  afterEach(async () => {
    await Promise.all(children.splice(0).map((child) => endFamily(child)));
    for (const folder of folders.splice(0)) {
      // A child of a child may still write its last.
      rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    }
  });
  return {
    start: (options) => {
      const child = new DaemonChild(options);
      children.push(child);
      return child;
    },
    folder: () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-daemon-'));
      folders.push(folder);
      return folder;
    },
  };
}

/** What a killed daemon started ends by itself a moment later, and writes until then. */
async function endFamily(child: DaemonChild): Promise<void> {
  const family = descendantsOf(child.pid);
  await child.stop('SIGKILL');
  await waitForEnd(family);
}
