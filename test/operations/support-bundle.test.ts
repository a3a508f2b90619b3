import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';

const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-bundle-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a support bundle has settings, findings, and the last lines of the log, and no secret', () => {
  const DATA_DIR = path.join(folder, 'data');
  mkdirSync(path.join(DATA_DIR, 'logs'), { recursive: true });
  const line =
    '{"level":"info","message":"token canary-token-0123456789 and user","password":"x-canary"}';
  writeFileSync(path.join(DATA_DIR, 'logs', 'evenkeel-2026-01-01.log'), `${line}\n`);
  const file = path.join(folder, 'bundle.json.gz');
  const { PATH = '' } = process.env;
  const secrets = {
    API_TOKEN: 'canary-token-0123456789',
    NOTIFY_WEBHOOK_URL: 'https://example.org/canary-hook',
  };
  const script = path.resolve('dist/scripts/support-bundle.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--to', file], {
    cwd: folder,
    env: { PATH, DATA_DIR, API_PORT: '65001', ...secrets },
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(stdout).toContain(file);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const text = gunzipSync(readFileSync(file)).toString('utf8');
  expect(text).not.toMatch(/canary/);
  const bundle = JSON.parse(text) as Record<string, never>;
  expect(Object.keys(bundle)).toEqual([
    ...['at', 'versions', 'machine', 'settings', 'warnings', 'doctor', 'daemon', 'log'],
  ]);
  expect(bundle['settings']).toContainEqual({
    name: 'API_TOKEN',
    value: 'set',
    origin: 'environment',
  });
  expect(JSON.stringify(bundle['doctor'])).toContain('database');
  expect(JSON.stringify(bundle['daemon'])).toContain('no answer');
  expect(bundle['log']).toHaveLength(1);
});
