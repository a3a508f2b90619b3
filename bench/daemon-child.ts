import { SILENT_LOGGER } from '../src/lib/silent-logger.js';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { StatusAnswer } from '../src/api/contract/status.js';
import { session } from '../src/api/contract/training.js';
import { startDemoProcess, type DemoProcess } from '../src/demo/demo-process.js';
import { GeneratedSource } from '../src/demo/generator/generated-source.js';
import { PROJECT_DIR } from '../test/trainer/real-trainer.js';
import { npmCommand } from './harness/npm-command.js';
import { rssMbOf, usageOf } from './harness/process-tree.js';
import { freePort } from '../test/free-port.js';

const POLL_MS = 1000;
const STATUS_POLL_MS = 10;
const STATUS_TRIES = 3;
const HOUR_MS = 3_600_000;
const MAX_DEMO_SPEED = 3600;

const sessionList = z.object({ sessions: z.array(session) });
export type SessionAnswer = z.infer<typeof session>;

/** A daemon, started as a user starts it, on a venue that runs at real speed in another process. */
export class DaemonChild {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    /** From the start of the process to the first answer of `GET /api/status`. */
    readonly firstStatusMs: number,
  ) {}

  /** @param more settings beside those of the site */
  static async start(
    site: Site,
    symbols: readonly string[],
    more: Readonly<Record<string, string>> = {},
  ): Promise<DaemonChild> {
    const port = await freePort();
    const startedAt = performance.now();
    const child = spawn('sh', ['-c', npmCommand('start')], {
      cwd: PROJECT_DIR,
      stdio: 'ignore',
      env: {
        PATH: process.env['PATH'] ?? '',
        EXCHANGE: 'binance',
        EXCHANGE_BASE_URL: site.venue.baseUrl,
        DATA_DIR: site.dataDir,
        SYMBOLS: symbols.join(','),
        ...(site.historyDays === undefined ? {} : { HISTORY_DAYS: String(site.historyDays) }),
        API_PORT: String(port),
        LOG_LEVEL: 'warn',
        ...more,
      },
    });
    const url = `http://127.0.0.1:${port}`;
    while (!(await answers(url))) {
      if (child.exitCode !== null) throw new Error(`The daemon ended with ${child.exitCode}`);
      await sleep(STATUS_POLL_MS);
    }
    return new DaemonChild(child, url, performance.now() - startedAt);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Retries, because the daemon may close an idle connection just as it is used. */
  async status(tries = STATUS_TRIES): Promise<StatusAnswer> {
    try {
      const answer = await fetch(`${this.url}/api/status`);
      return (await answer.json()) as StatusAnswer;
    } catch (error) {
      if (tries <= 1 || this.child.exitCode !== null) throw error;
      return this.status(tries - 1);
    }
  }

  async get(route: string): Promise<unknown> {
    return (await fetch(`${this.url}${route}`)).json();
  }

  /** @throws Error with the answer, unless it is a success */
  async post(route: string, body: unknown): Promise<unknown> {
    const answer = await fetch(`${this.url}${route}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`POST ${route}: ${answer.status} ${text}`);
    return JSON.parse(text);
  }

  /** The sessions so far, with what became of their jobs. */
  async sessions(): Promise<readonly SessionAnswer[]> {
    const answer = await this.get('/api/training/sessions?limit=1000');
    return sessionList.parse(answer).sessions;
  }

  /** Milliseconds from a request to the end of its answer. */
  async time(route: string): Promise<number> {
    const startedAt = performance.now();
    await (await fetch(`${this.url}${route}`)).arrayBuffer();
    return performance.now() - startedAt;
  }

  /** Polls until a condition has held for `steadyMs`. @throws when it does not within the limit */
  async until(
    holds: (status: StatusAnswer) => boolean,
    { steadyMs, limitMs }: { readonly steadyMs: number; readonly limitMs: number },
  ): Promise<void> {
    const startedAt = performance.now();
    let heldSince = Infinity;
    while (performance.now() - startedAt < limitMs) {
      const now = performance.now();
      heldSince = holds(await this.status()) ? Math.min(heldSince, now) : Infinity;
      if (now - heldSince >= steadyMs) return;
      await sleep(POLL_MS);
    }
    throw new Error(`Condition not met within ${limitMs / 1000} s: ${String(holds)}`);
  }

  /** The value of a gauge of `/metrics`; its name is given without the prefix. */
  async gauge(name: string): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const line = text.split('\n').find((one) => one.startsWith(`evenkeel_${name} `));
    return Number(line?.split(' ')[1]);
  }

  /** Resident memory of the daemon and all its children, in MB of 2^20 bytes. */
  treeRssMb(): number {
    return usageOf(this.child.pid ?? 0).rssMb;
  }

  /** Resident memory of the daemon's own process alone, in the same unit. */
  ownRssMb(): number {
    return rssMbOf(this.child.pid ?? 0);
  }

  /** Processor time that the daemon and its children have used. */
  treeProcessorMs(): number {
    return usageOf(this.child.pid ?? 0).processorSec * 1000;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exited;
  }
}

/** A venue and a data folder that several daemons use one after the other. */
export interface Site {
  readonly venue: DemoProcess;
  readonly dataDir: string;
  readonly historyDays: number | undefined;
  readonly symbols: readonly string[];
  /** Moves the market on by some hours while no daemon runs; the venue keeps its address. */
  moveOn(hours: number): Promise<void>;
}

export interface SiteOptions {
  readonly startMs: number;
  /** Without it the daemon back-fills as deep as its default settings say. */
  readonly historyDays?: number;
  /** Folder of recordings to replay; without it the market is generated. */
  readonly data?: string | undefined;
}

/** Runs `use` with a venue whose market time is `startMs` now, and removes everything afterwards. */
export async function withSite<T>(
  { startMs, historyDays, data }: SiteOptions,
  use: (site: Site) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'evenkeel-bench-'));
  const settings = {
    dataDir: path.join(folder, 'venue'),
    data,
    start: startMs,
    logger: SILENT_LOGGER,
  };
  let venue = await startDemoProcess({ ...settings, speed: 1 });
  const restart = async (speed: number): Promise<void> => {
    const port = Number(new URL(venue.baseUrl).port);
    await venue.stop();
    venue = await startDemoProcess({ ...settings, speed, port });
  };
  const { instruments } = new GeneratedSource({ seed: '1' });
  const symbols = instruments.map(({ base, quote }) => `${base}/${quote}`);
  try {
    return await use({
      get venue() {
        return venue;
      },
      ...{ dataDir: path.join(folder, 'data'), historyDays, symbols },
      moveOn: async (hours) => {
        await restart(MAX_DEMO_SPEED);
        await sleep((hours * HOUR_MS) / MAX_DEMO_SPEED);
        await restart(1);
      },
    });
  } finally {
    await venue.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/api/status`)).ok;
  } catch {
    return false;
  }
}
