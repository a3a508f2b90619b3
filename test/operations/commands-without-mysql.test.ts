import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-commands-'));
  const rows = ['00', '01'].map((hour) => `2024-01-01T${hour}:00:00Z,1,2,1,2,5\n`);
  const file = path.join(folder, 'X.csv');
  writeFileSync(file, `timestamp,open,high,low,close,volume\n${rows.join('')}`);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A command as it is built, in a folder of its own. */
function run(name: string, args: readonly string[], environment: Record<string, string> = {}) {
  const { PATH = '' } = process.env;
  const script = path.resolve('dist/scripts', `${name}.js`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    cwd: folder,
    env: { PATH, DATA_DIR: 'data', ...environment },
    encoding: 'utf8',
  });
  return { status, text: stdout + stderr };
}

/** Nothing listens there. */
const AWAY = {
  ...{ MYSQL_ENABLED: 'true', MYSQL_HOST: '127.0.0.1', MYSQL_PORT: '1', MYSQL_USER: 'nobody' },
  ...{ MYSQL_PASSWORD: '', MYSQL_DB: 'none' },
};

describe('a command whose MySQL does not answer', () => {
  test.each([
    ['import', ['--file', 'X.csv', '--timeframe', '1h']],
    ['quality', []],
  ])('is not done on an SQLite file instead: %s', (name, args) => {
    const { status, text } = run(name, args, AWAY);
    expect(status).toBe(2);
    expect(text).toContain('ECONNREFUSED');
    expect(existsSync(path.join(folder, 'data', 'evenkeel.sqlite'))).toBe(false);
  });
});

describe('the quality of what is not stored', () => {
  test.each([
    ['--symbols', 'NOPE'],
    ['--venue', 'nowhere'],
  ])('is not fine: %s %s', (...args) => {
    expect(run('import', ['--file', 'X.csv', '--timeframe', '1h']).status).toBe(0);
    expect(run('quality', args).status).toBe(1);
  });

  test('is nothing to look at where all is asked for', () => {
    expect(run('quality', []).status).toBe(0);
  });
});
