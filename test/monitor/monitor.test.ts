import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { viewText } from '../../scripts/monitor-view.js';
import type { Snapshot } from '../../scripts/monitor-snapshot.js';
import { buildApi, type ApiRig } from '../api/api-rig.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { SERIES_KEY } from '../storage/rows.js';

const SCRIPT = fileURLToPath(new URL('../../dist/scripts/monitor.js', import.meta.url));
const TOKEN = 'a-token-of-sixteen-or-more';

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let folder: string;
let opened: TestDatabase;
let rig: ApiRig;
let environment: Record<string, string>;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'evenkeel-monitor-'));
  opened = await openTestDatabase();
  await opened.stores.series.ensure(SERIES_KEY);
  rig = await buildApi({ stores: opened.stores, token: TOKEN });
  await rig.server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = rig.server.server.address() as AddressInfo;
  environment = { API_PORT: String(port), API_TOKEN: TOKEN, DATA_DIR: folder };
});

afterEach(async () => {
  await rig.server.close();
  await opened.database.close();
  await rm(folder, { recursive: true, force: true });
});

function monitor(...parameters: string[]): Promise<Run> {
  const { PATH = '/usr/bin:/bin' } = process.env;
  const child = spawn(process.execPath, [SCRIPT, ...parameters], {
    cwd: folder,
    env: { PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    // Two snapshots are enough.
    if (parameters.includes('--watch') && stdout.trimEnd().includes('\n{')) child.kill('SIGINT');
  });
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return new Promise((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

async function log(...lines: object[]): Promise<void> {
  await mkdir(path.join(folder, 'logs'));
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  await writeFile(path.join(folder, 'logs', 'evenkeel-2024-01-02.log'), text);
}

describe('npm run monitor', () => {
  test('shows machine, daemon, training, models, cache and the newest log lines, and ends with 0', async () => {
    const timestamp = '2024-01-02T03:04:05.678Z';
    await log(
      { timestamp, level: 'info', message: 'the first' },
      { timestamp, level: 'warn', message: `the second names ${TOKEN}` },
    );
    const { code, stdout } = await monitor();
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Evenkeel 1\.2\.3 at http:\/\/127\.0\.0\.1:\d+: running, up 0 min/);
    expect(stdout).toMatch(/^HEALTH {4}ok$/m);
    expect(stdout).toMatch(/^MACHINE {3}cpu \d+ % of \d+ cores.*memory .* MB free \| disk .* GB/m);
    expect(stdout).toMatch(/^DAEMON {4}process 1 \|/m);
    expect(stdout).toMatch(/^TRAINING {2}idle \| 0 wait/m);
    expect(stdout).toMatch(/^MODELS {4}0 of 2 serve \| 0 fresh, 0 stale/m);
    expect(stdout).toMatch(/^CACHE {5}0 of 10,000 predictions \| life 1 h/m);
    expect(stdout).toMatch(/^LOG {7}03:04:05 INFO {2}the first$/m);
    expect(stdout).toMatch(/^ +03:04:05 WARN {2}the second names \[hidden\]$/m);
    // No terminal, no colours.
    expect(stdout).not.toContain('\u001b');
  });

  test('prints one line of JSON a snapshot, and with --watch ends on Ctrl+C with the code of the last one', async () => {
    const { code, stdout } = await monitor('--json', '--watch');
    expect(code).toBe(0);
    const looks = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Snapshot);
    expect(looks.length).toBeGreaterThanOrEqual(2);
    expect(looks[0]).toMatchObject({
      ...{ level: 'ok', problem: null, health: { status: 'ok' }, training: { state: 'idle' } },
      ...{ models: { total_models: 0 }, status: { cache: { enabled: true } }, log: [] },
    });
  });

  test.each([
    ['degraded', 1],
    ['failing', 2],
  ] as const)('%s ends with %i and names what is wrong', async (status, code) => {
    const finding = {
      id: 'series_stale',
      check: 'data',
      level: status,
      message: 'no candles',
      fix: 'check the venue',
      since: Date.UTC(2024, 0, 2, 3, 4),
      isExpected: false,
    };
    const checks = [{ name: 'data', status, message: 'no candles' }];
    rig.health = { status, checks, findings: [finding] };
    rig.warnings.push('No position is opened: because');
    const ran = await monitor();
    expect(ran.code).toBe(code);
    expect(ran.stdout).toMatch(new RegExp(`^ +${status} +data +no candles$`, 'm'));
    expect(ran.stdout).toMatch(/^ +since 2024-01-02 03:04: check the venue$/m);
    expect(ran.stdout).toMatch(/^WARNING {3}No position is opened: because$/m);
  });

  test('says clearly when no daemon answers, and ends with 3', async () => {
    await rig.server.close();
    const { code, stdout } = await monitor();
    expect(code).toBe(3);
    expect(stdout).toMatch(/no daemon answers at http:\/\/127\.0\.0\.1:\d+/);
    expect(stdout).toMatch(/^MACHINE/m);
    expect((JSON.parse((await monitor('--json')).stdout) as Snapshot).level).toBe('unknown');
  });

  test('with another token ends with 78 and says so', async () => {
    environment['API_TOKEN'] = 'another-token-of-sixteen';
    const { code, stderr } = await monitor();
    expect(code).toBe(78);
    expect(stderr).toMatch(/API_TOKEN is not the one of the daemon/);
  });

  test('explains itself, and refuses what it does not know with 3', async () => {
    const help = await monitor('--help');
    expect(help.code).toBe(0);
    expect(help.stdout).toMatch(/--watch[\s\S]*--json[\s\S]*Exit codes/);
    expect((await monitor('--nonsense')).code).toBe(3);
  });
});

test('a terminal gets colours', async () => {
  const snapshot = JSON.parse((await monitor('--json')).stdout) as Snapshot;
  expect(viewText(snapshot, { hasColors: true })).toContain('\u001b[32mok\u001b[0m');
});
