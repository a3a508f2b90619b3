import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startDemoProcess, type DemoProcess } from '../../src/demo/demo-process.js';
import { resetDemo } from '../../src/demo/market/run-state.js';
import type { DemoSettings } from '../../src/demo/demo-server.js';
import { compiledUrl } from '../../src/lib/workers/worker.js';
import { ConfigError } from '../../src/lib/errors.js';
import { LogKeeper, temporaryFolder } from './demo-fixture.js';
import { steppedCandles, writeRecording, writeRows } from './recording-files.js';

const HOUR_MS = 3_600_000;
const FROM_MS = Date.UTC(2024, 0, 1);
const WAIT_ROUNDS = 400;
const WAIT_ROUND_MS = 25;

let dataDir: string;
let remove: () => void;
let logger: LogKeeper;
let demo: DemoProcess | undefined;

beforeEach(() => {
  ({ folder: dataDir, remove } = temporaryFolder());
  logger = new LogKeeper();
});
afterEach(async () => {
  await demo?.stop();
  demo = undefined;
  remove();
});

async function launch(settings: Partial<DemoSettings> = {}): Promise<DemoProcess> {
  demo = await startDemoProcess({ dataDir, logger, ...settings });
  return demo;
}

/** Processes die and start in their own time: asked again until it is so, within a limit. */
async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let round = 0; round < WAIT_ROUNDS; round++) {
    if (await isSo()) return;
    await sleep(WAIT_ROUND_MS);
  }
  throw new Error(`Not within the limit: ${what}`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function findTime(baseUrl: string): Promise<number | undefined> {
  try {
    const response = await fetch(`${baseUrl}/api/v3/time`);
    return ((await response.json()) as { serverTime: number }).serverTime;
  } catch {
    return undefined;
  }
}

async function getTime(baseUrl: string): Promise<number> {
  let time: number | undefined;
  await until('the demo answers', async () => (time = await findTime(baseUrl)) !== undefined);
  return time ?? NaN;
}

describe('the demo in a process of its own', () => {
  it('listens on the loopback address, reports its venue and ends when it is stopped', async () => {
    const { baseUrl, venue, marketMs, pid = 0, stop } = await launch({ start: FROM_MS });
    expect(baseUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(venue).toMatch(/^demo:[0-9a-f]{10}:1$/);
    expect(marketMs).toBeGreaterThanOrEqual(FROM_MS);
    expect(await getTime(baseUrl)).toBeGreaterThanOrEqual(marketMs);
    await stop();
    await stop();
    expect(isAlive(pid)).toBe(false);
    expect(await findTime(baseUrl)).toBeUndefined();
  });

  it('never goes back in time over kills, and comes back on the same port as the same venue', async () => {
    const { baseUrl } = await launch({ speed: 5_000 });
    let shown = 0;
    for (let kill = 0; kill < 3; kill++) {
      for (let ask = 0; ask < 5; ask++) {
        const time = await getTime(baseUrl);
        expect(time).toBeGreaterThanOrEqual(shown);
        shown = time;
      }
      const pid = demo?.pid ?? 0;
      process.kill(pid, 'SIGKILL');
      await until('another process runs', () => ![undefined, pid].includes(demo?.pid));
    }
    expect(await getTime(baseUrl)).toBeGreaterThanOrEqual(shown);
    expect(logger.lines.filter((line) => line.includes('runs again'))).toHaveLength(3);
  });

  it('goes on where it stopped', async () => {
    const first = await launch({ speed: 5_000 });
    const before = await getTime(first.baseUrl);
    await first.stop();
    const second = await launch({ speed: 1 });
    expect(second.venue).toBe(first.venue);
    expect(second.marketMs).toBeGreaterThanOrEqual(before);
  });

  it('stays away when another run has begun in the meantime', async () => {
    const { pid = 0, baseUrl } = await launch();
    resetDemo(dataDir);
    process.kill(pid, 'SIGKILL');
    await until('it is given up', () => logger.lines.some((line) => line.includes('given up')));
    expect(logger.lines.at(-1)).toMatch(/another run began, demo:[0-9a-f]{10}:2/);
    await until('its process is gone', () => demo?.pid === undefined);
    expect(await findTime(baseUrl)).toBeUndefined();
  });

  it('is not started again once it is stopped in the middle of a restart', async () => {
    const { pid = 0, stop, baseUrl } = await launch();
    process.kill(pid, 'SIGKILL');
    await until('its end is noticed', () => demo?.pid === undefined);
    await stop();
    expect(await findTime(baseUrl)).toBeUndefined();
  });

  it('ends in order on SIGTERM', async () => {
    const { pid = 0, stop } = await launch();
    process.kill(pid, 'SIGTERM');
    await until('its end is noticed', () => logger.lines.some((line) => line.endsWith('code 0')));
    await stop();
  });

  it('says when a recording is over', async () => {
    const data = path.join(dataDir, 'recording');
    const candles = steppedCandles({ fromMs: FROM_MS, stepMs: HOUR_MS, count: 8 });
    writeRecording(data, 'BTC_USDT-1h.csv', candles);
    const { baseUrl } = await launch({ data, speed: 1e9 });
    await until('the end is logged', () =>
      logger.lines.some((line) => line.includes('to its end')),
    );
    expect(logger.lines.join('\n')).toContain('2024-01-01T08:00:00.000Z');
    expect(await getTime(baseUrl)).toBe(FROM_MS + 8 * HOUR_MS);
  });
});

describe('the demo does not start', () => {
  it('on a bad recording, naming file and line', async () => {
    writeRows(dataDir, 'BTC_USDT-1h.csv', [`${FROM_MS},1,2,1,2,5`, `${FROM_MS},1,2,1,2,5`]);
    const starting = launch({ data: dataDir });
    await expect(starting).rejects.toThrow(ConfigError);
    await expect(starting).rejects.toThrow(/BTC_USDT-1h\.csv line 3/);
  });

  it('on a bad setting or a damaged run', async () => {
    await expect(launch({ start: 'soon' })).rejects.toThrow(/DEMO_START: soon/);
    const { venue } = await launch();
    await demo?.stop();
    const file = path.join(dataDir, 'demo', `${venue.split(':')[1] ?? ''}-1.json`);
    writeFileSync(file, 'broken');
    await expect(launch()).rejects.toThrow(/npm run demo:reset/);
  });
});

describe('the control route', () => {
  it('scripts faults for who has the token', async () => {
    const { baseUrl } = await launch({ controlToken: 'secret-of-a-test' });
    const control = async (method: string, token: string, body?: unknown): Promise<Response> =>
      fetch(`${baseUrl}/demo/faults`, {
        method,
        headers: { 'x-demo-token': token },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    const rule = { path: '/api/v3/time', count: 1, effect: { kind: 'html', status: 502 } };
    expect((await control('POST', 'wrong', rule)).status).toBe(403);
    expect((await control('POST', 'secret-of-a-test', { path: '/' })).status).toBe(400);
    expect((await control('POST', 'secret-of-a-test', rule)).status).toBe(200);
    expect((await fetch(`${baseUrl}/api/v3/time`)).status).toBe(502);
    expect((await fetch(`${baseUrl}/api/v3/time`)).status).toBe(200);
    const status = await (await control('GET', 'secret-of-a-test')).json();
    expect(status).toEqual([{ rule, matched: 2, met: 1 }]);
    expect(await (await control('DELETE', 'secret-of-a-test')).json()).toEqual([]);
  });
});

it('dies with its parent, however that dies', async () => {
  const entry = fileURLToPath(compiledUrl(import.meta.url, './demo-owner-child.js'));
  const parent = spawn(process.execPath, [entry, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
  const pid = Number(line);
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await until('the demo is gone', () => !isAlive(pid));
});
