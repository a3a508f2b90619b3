import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const DOCTOR = fileURLToPath(new URL('../../scripts/doctor.mjs', import.meta.url));
const hasTrainer = existsSync(fileURLToPath(new URL('../../.venv/bin/python', import.meta.url)));

interface Finding {
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'failed';
  readonly message: string;
  readonly fix?: string;
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-doctor-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(environment: Readonly<Record<string, string>>, ...parameters: string[]) {
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH, HOME, DATA_DIR: path.join(folder, 'data'), API_PORT: '0', ...environment };
  const options = { cwd: folder, env, encoding: 'utf8' } as const;
  return spawnSync(process.execPath, [DOCTOR, ...parameters], options);
}

function findings(environment: Readonly<Record<string, string>>) {
  const { status, stdout } = run(environment, '--json');
  const all = (JSON.parse(stdout) as { findings: Finding[] }).findings;
  return { code: status, find: (name: string) => all.find((finding) => finding.name === name) };
}

test('a good set-up is found good, each part in a line', () => {
  const { status, stdout } = run({});
  expect(status).toBe(0);
  for (const name of ['node', 'disk', 'packages', 'build', 'settings', 'data', 'database']) {
    expect(stdout).toMatch(new RegExp(`^ +ok +${name} `, 'm'));
  }
  if (hasTrainer) expect(stdout).toMatch(/^ +ok +trainer .*catboost/m);
});

test('a schema that is missing is named and left to the daemon', () => {
  const file = path.join(folder, 'data', 'evenkeel.sqlite');
  const { find } = findings({});
  expect(find('database')).toMatchObject({ status: 'ok' });
  expect(find('database')?.message).toMatch(/lacks steps .*the daemon makes that/);
  expect(existsSync(file)).toBe(false);
  const strict = findings({ AUTO_CREATE_SCHEMA: 'false' });
  expect(strict.find('database')).toMatchObject({ status: 'failed' });
});

test('a malformed setting fails with its name', () => {
  const { code, find } = findings({ API_PORT: 'many' });
  expect(code).toBe(1);
  expect(find('settings')).toMatchObject({ status: 'failed', fix: 'see docs/settings.md' });
  expect(find('settings')?.message).toContain('API_PORT is "many"');
});

test('a missing Python is a warning with the fix, because the daemon runs without', () => {
  const { code, find } = findings({ PYTHON: '/nonexistent/python' });
  expect(code).toBe(0);
  expect(find('trainer')?.status).toBe('warning');
  expect(find('trainer')?.fix).toMatch(/npm run setup/);
});

test('a data folder that cannot be written, and a database that is away, fail with a fix', () => {
  const mysql = { MYSQL_HOST: '127.0.0.1', MYSQL_PORT: '1', MYSQL_USER: 'u', MYSQL_DB: 'd' };
  const secret = { MYSQL_ENABLED: 'true', MYSQL_PASSWORD: 'canary-password' };
  const { code, find } = findings({ ...mysql, ...secret, DATA_DIR: '/dev/null/data' });
  expect(code).toBe(1);
  expect(find('data')).toMatchObject({ status: 'failed', fix: 'set DATA_DIR' });
  expect(find('database')?.status).toBe('failed');
  expect(JSON.stringify(find('database'))).not.toContain('canary');
});

test('an unknown exchange is named', () => {
  const { find } = findings({ EXCHANGE: 'binanse' });
  expect(find('exchange')?.status).not.toBe('ok');
  expect(find('exchange')?.message).toContain('did you mean binance');
});

test('an artifact store that is away, or refuses the key, fails with the setting and no secret', () => {
  const s3 = {
    ARTIFACTS: 's3',
    S3_ENDPOINT: 'http://127.0.0.1:1',
    S3_BUCKET: 'models',
    S3_ACCESS_KEY_ID: 'canary-key',
    S3_SECRET_ACCESS_KEY: 'canary-secret',
  };
  const { code, find } = findings(s3);
  expect(code).toBe(1);
  expect(find('artifacts')).toMatchObject({ status: 'failed' });
  expect(find('artifacts')?.message).toMatch(/bucket models at 127\.0\.0\.1:1: ECONNREFUSED/);
  expect(find('artifacts')?.fix).toContain('S3_ settings');
  expect(JSON.stringify(find('artifacts'))).not.toContain('canary');
});

test('an artifact store in a folder is written, read and cleaned up', () => {
  const { code, find } = findings({ ARTIFACTS_DIR: folder });
  expect(code).toBe(0);
  expect(find('artifacts')?.message).toMatch(/written, read and removed$/);
  const missing = findings({ ARTIFACTS_DIR: path.join(folder, 'not-there') });
  expect(missing.find('artifacts')).toMatchObject({
    status: 'failed',
    fix: 'make the folder ARTIFACTS_DIR, or mount it',
  });
});

test('a dashboard that is not built is a warning with the fix, because the daemon runs without', () => {
  const clone = path.join(folder, 'clone');
  const doctor = path.join(clone, 'scripts', 'doctor.mjs');
  cpSync(DOCTOR, doctor);
  const said = () => spawnSync(process.execPath, [doctor], { encoding: 'utf8' }).stdout;
  expect(said()).toMatch(/^ +warn +dashboard +not built.*\n +fix: npm run setup$/m);
  mkdirSync(path.join(clone, 'dashboard', 'dist'), { recursive: true });
  writeFileSync(path.join(clone, 'dashboard', 'dist', 'index.html'), '');
  expect(said()).toMatch(/^ +ok +dashboard +built$/m);
});
