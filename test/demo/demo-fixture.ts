import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { binance } from 'ccxt';
import { DemoExchange, type StartedDemo, type DemoSettings } from '../../src/demo/demo-server.js';
import type { LogFields, Logger } from '../../src/lib/logger.js';

/** A wall clock that a test sets. */
export class ManualWall {
  #nowMs: number;

  constructor(nowMs = 1_000_000_000_000) {
    this.#nowMs = nowMs;
  }

  wallMs(): number {
    return this.#nowMs;
  }

  advance(durationMs: number): void {
    this.#nowMs += durationMs;
  }
}

/** Keeps what was logged, as `level message detail`. */
export class LogKeeper implements Logger {
  readonly lines: string[] = [];

  debug(message: string, fields?: LogFields): void {
    this.#keep('debug', message, fields);
  }
  info(message: string, fields?: LogFields): void {
    this.#keep('info', message, fields);
  }
  warn(message: string, fields?: LogFields): void {
    this.#keep('warn', message, fields);
  }
  error(message: string, fields?: LogFields): void {
    this.#keep('error', message, fields);
  }
  child(): Logger {
    return this;
  }

  #keep(level: string, message: string, fields: LogFields = {}): void {
    this.lines.push([level, message, ...Object.values(fields)].map(String).join(' '));
  }
}

/** A folder of its own, removed by the function that comes with it. */
export function temporaryFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-demo-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export interface RunningDemo extends StartedDemo {
  readonly demo: DemoExchange;
  readonly wall: ManualWall;
  /** Market time passes as the wall does: speed 1 unless the settings say otherwise. */
  advance(durationMs: number): void;
  stop(): Promise<void>;
}

/** A demo exchange in this process, over a manual wall clock, in a folder of its own. */
export async function runDemo(settings: Partial<DemoSettings> = {}): Promise<RunningDemo> {
  const { folder, remove } = temporaryFolder();
  const running = await runDemoIn(folder, settings);
  return {
    ...running,
    stop: async () => {
      await running.stop();
      remove();
    },
  };
}

/** The same in a folder that stays. */
export async function runDemoIn(
  folder: string,
  settings: Partial<DemoSettings> = {},
): Promise<RunningDemo> {
  const wall = new ManualWall();
  const logger = new LogKeeper();
  const demo = new DemoExchange({ dataDir: folder, speed: 1, ...settings, wall, logger });
  const started = await demo.start();
  return {
    ...started,
    demo,
    wall,
    advance: (durationMs) => wall.advance(durationMs),
    stop: () => demo.stop(),
  };
}

/** ccxt's own class, loaded alone, with scheme and host of every endpoint replaced. */
export async function createBinance(baseUrl: string): Promise<binance> {
  const folder = path.dirname(path.dirname(createRequire(import.meta.url).resolve('ccxt')));
  const url = pathToFileURL(path.join(folder, 'js', 'src', 'binance.js')).href;
  const { default: Binance } = (await import(url)) as { default: typeof binance };
  const client = new Binance({
    enableRateLimit: false,
    timeout: 20_000,
    options: { fetchMarkets: { types: ['spot'] }, fetchCurrencies: false },
  });
  replaceHosts(client.urls['api'], baseUrl);
  return client;
}

function replaceHosts(urls: Record<string, unknown>, baseUrl: string): void {
  for (const [name, url] of Object.entries(urls)) {
    if (typeof url === 'string') urls[name] = url.replace(/^https?:\/\/[^/]+/, baseUrl);
    else replaceHosts(url as Record<string, unknown>, baseUrl);
  }
}
