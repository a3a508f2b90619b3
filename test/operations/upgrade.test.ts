import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

/**
 * The real scripts over a real git repository. Only what needs a system with systemd is put in place of:
 * `systemctl`, `systemd-run` and the set-up write what they are asked to do, and answer as a test says.
 */
let folder: string;
let project: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-upgrade-'));
  project = path.join(folder, 'project');
  for (const name of ['bin', 'units', 'backups', 'project/scripts']) {
    mkdirSync(path.join(folder, name), { recursive: true });
  }
  cpSync('systemd', path.join(project, 'systemd'), { recursive: true });
  writeFileSync(path.join(project, 'scripts/setup.mjs'), '// nothing to set up\n');
  program('systemctl', SYSTEMCTL);
  program('systemd-run', SYSTEMD_RUN);
  program('id', '[ "$1" = -u ] && echo 0');
  program('sleep', ':');
  git('init', '--quiet', '--initial-branch=main');
  commit('1');
  git('checkout', '--quiet', '-b', 'next');
  commit('2');
  git('checkout', '--quiet', 'main');
  git('remote', 'add', 'origin', project);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Health is what the file `well-<version>` says: absent, the version is not well. */
const SYSTEMD_RUN = `case "$*" in
  *monitor.js*) [ -e "$ROOT/well-$(cat "$ROOT/project/version")" ] || exit 2 ;;
  *restore.js*) echo "restore \${@: -1}" >> "$ROOT/log"; touch "$ROOT/well-1" ;;
esac`;
const SYSTEMCTL = `case "$*" in
  "is-active --quiet evenkeel") [ ! -e "$ROOT/no-daemon" ] ;;
  "is-enabled --quiet evenkeel" | "is-failed --quiet evenkeel") exit 1 ;;
  "list-units "*) [ ! -e "$ROOT/workers" ] || cat "$ROOT/workers" ;;
  "start evenkeel-backup.service")
    echo "$*" >> "$ROOT/log"
    [ -e "$ROOT/no-backup" ] && exit 1
    echo x > "$ROOT/backups/new.sqlite.gz" ;;
  *) echo "$* (version $(cat "$ROOT/project/version"))" >> "$ROOT/log" ;;
esac`;

function program(name: string, text: string): void {
  const file = path.join(folder, 'bin', name);
  writeFileSync(file, `#!/usr/bin/env bash\n${text}\n`);
  chmodSync(file, 0o755);
}

function git(...args: string[]): string {
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.org'];
  return execFileSync('git', [...identity, ...args], { cwd: project, encoding: 'utf8' }).trim();
}

function commit(version: string): void {
  writeFileSync(path.join(project, 'version'), version);
  git('add', '--all');
  git('commit', '--quiet', '--message', version);
}

function run(script: string, ...args: string[]) {
  const { PATH = '' } = process.env;
  const env = {
    ...{ PATH: `${path.join(folder, 'bin')}:${PATH}`, ROOT: folder, HOME: folder },
    EVENKEEL_UNITS: path.join(folder, 'units'),
    EVENKEEL_BACKUPS: path.join(folder, 'backups'),
    EVENKEEL_UPGRADE_LIMIT: '4',
  };
  const file = path.join(project, 'systemd', script);
  const { status, stdout, stderr } = spawnSync('bash', [file, ...args], { env, encoding: 'utf8' });
  const logFile = path.join(folder, 'log');
  const log = existsSync(logFile) ? readFileSync(logFile, 'utf8').trim().split('\n') : [];
  return { status, text: stdout + stderr, log };
}

const version = (): string => readFileSync(path.join(project, 'version'), 'utf8');
const well = (name: string): void => writeFileSync(path.join(folder, `well-${name}`), '');

describe('an upgrade', () => {
  test('stops, backs up, checks out and starts, and is done once the new version is well', () => {
    well('2');
    const { status, text, log } = run('upgrade.sh', 'next');
    expect(text).toContain('is well');
    expect(status).toBe(0);
    expect(version()).toBe('2');
    expect(log).toEqual([
      'stop evenkeel (version 1)',
      'start evenkeel-backup.service',
      'daemon-reload (version 2)',
      'start evenkeel (version 2)',
    ]);
    const unit = readFileSync(path.join(folder, 'units/evenkeel.service'), 'utf8');
    expect(unit).toContain(`WorkingDirectory=${project}`);
  });

  test('takes the workers of this machine along, also one that has given up', () => {
    const unit = (name: string, state: string): string =>
      `evenkeel-worker@${name}.service loaded ${state} Evenkeel training worker ${name}\n`;
    writeFileSync(
      path.join(folder, 'workers'),
      unit('1', 'active running') + unit('2', 'failed failed'),
    );
    const both = 'evenkeel-worker@1.service evenkeel-worker@2.service';
    well('2');
    const { log } = run('upgrade.sh', 'next');
    expect(log.slice(0, 2)).toEqual(['stop evenkeel (version 1)', `stop ${both} (version 1)`]);
    expect(log.slice(-2)).toEqual(['start evenkeel (version 2)', `start ${both} (version 2)`]);
    rmSync(path.join(folder, 'log'));
    git('checkout', '--quiet', 'main');
    rmSync(path.join(folder, 'well-2'));
    well('1');
    expect(run('upgrade.sh', 'next').log.at(-1)).toBe(`start ${both} (version 1)`);
  });

  test('starts no daemon on a machine of workers alone', () => {
    const worker = 'evenkeel-worker@1.service';
    writeFileSync(path.join(folder, 'workers'), `${worker} loaded active running Worker 1\n`);
    writeFileSync(path.join(folder, 'no-daemon'), '');
    const { status, text, log } = run('upgrade.sh', 'next');
    expect(text).toContain('workers alone');
    expect(status).toBe(0);
    expect(log).toEqual([
      `stop ${worker} (version 1)`,
      'daemon-reload (version 2)',
      `start ${worker} (version 2)`,
    ]);
  });

  test('goes back to the old version where the new one is not well', () => {
    well('1');
    const { status, text, log } = run('upgrade.sh', 'next');
    expect(status).toBe(1);
    expect(text).toContain('back at the old version, which is well');
    expect(version()).toBe('1');
    expect(log.at(-1)).toBe('start evenkeel (version 1)');
    expect(log.join()).not.toContain('restore');
  });

  test('puts the backup in place where the old version is not well on the newer database', () => {
    const { status, text, log } = run('upgrade.sh', 'next');
    expect(status).toBe(1);
    expect(text).toContain('back at the old version with the backup');
    expect(log).toContain(`restore ${path.join(folder, 'backups/new.sqlite.gz')}`);
    expect(version()).toBe('1');
  });

  test('changes nothing without a backup, with changes in the checkout, or to no known version', () => {
    writeFileSync(path.join(folder, 'no-backup'), '');
    const { status, log } = run('upgrade.sh', 'next');
    expect(status).toBe(1);
    expect(log.at(-1)).toBe('start evenkeel (version 1)');
    expect(run('upgrade.sh', 'nowhere').text).toContain('there is no version nowhere');
    writeFileSync(path.join(project, 'version'), 'edited');
    expect(run('upgrade.sh', 'next').text).toContain('the checkout has changes');
    expect(run('upgrade.sh', '--what').status).toBe(2);
  });
});

test('a removal takes every unit away and keeps the data', () => {
  expect(run('install.sh', '--units').status).toBe(0);
  expect(existsSync(path.join(folder, 'units/evenkeel-backup.timer'))).toBe(true);
  const { text } = run('install.sh', '--remove');
  expect(text).toContain(
    '/var/lib/evenkeel, /etc/evenkeel/evenkeel.env and /etc/evenkeel/credentials are kept',
  );
  for (const name of ['evenkeel.service', 'evenkeel-backup.service', 'evenkeel-backup.timer']) {
    expect(existsSync(path.join(folder, 'units', name))).toBe(false);
  }
});
