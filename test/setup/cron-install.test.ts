import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PROJECT_DIR } from '../trainer/real-trainer.js';

const SCRIPT = path.join(PROJECT_DIR, 'dist/scripts/cron-install.js');

/** Keeps the crontab in a file, and answers as cron's own program where there is none. */
const FAKE_CRONTAB = `#!/bin/sh
file="$(dirname "$0")/crontab.txt"
if [ "$1" = "-l" ]; then
  if [ -e "$file" ]; then cat "$file"; else echo "no crontab for somebody" >&2; exit 1; fi
else
  cat > "$file"
fi
`;

describe('npm run cron:install', () => {
  let folder: string;
  let crontab: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-cron-'));
    crontab = path.join(folder, 'crontab.txt');
    const program = path.join(folder, 'crontab');
    writeFileSync(program, FAKE_CRONTAB);
    chmodSync(program, 0o755);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const run = (...flags: string[]) =>
    spawnSync(process.execPath, [SCRIPT, ...flags], {
      encoding: 'utf8',
      env: { PATH: `${folder}:/usr/bin:/bin` },
    });
  const read = (): string => readFileSync(crontab, 'utf8');

  it('adds its lines between markers, once, and takes them out again', () => {
    const before = '# mine\n5 4 * * * true';
    writeFileSync(crontab, before);
    expect(run()).toMatchObject({ status: 0, stderr: '' });
    const installed = read();
    expect(installed.startsWith(`${before}\n# BEGIN evenkeel`)).toBe(true);
    expect(installed).toMatch(/^@reboot .*npm start/m);
    expect(installed).toMatch(/^17 3 \* \* \* .*npm run backup/m);
    expect(run().stdout).toContain('as it should be already');
    expect(read()).toBe(installed);
    expect(run('--remove').status).toBe(0);
    expect(read()).toBe(`${before}\n`);
  });

  it('begins a crontab where the user has none, and leaves what stands after its lines', () => {
    run();
    writeFileSync(crontab, `${read()}# after\n1 1 * * * true\n`);
    run('--remove');
    expect(read()).toBe('# after\n1 1 * * * true\n');
  });

  it('shows with --dry-run what would be, and changes nothing', () => {
    const shown = run('--dry-run');
    expect(shown).toMatchObject({ status: 0 });
    expect(shown.stdout).toContain('# BEGIN evenkeel');
    expect(existsSync(crontab)).toBe(false);
  });

  it('says what went wrong: wrong usage 2, no crontab program 1', () => {
    expect(run('--wrong').status).toBe(2);
    expect(run('--help')).toMatchObject({ status: 0 });
    rmSync(path.join(folder, 'crontab'));
    const failed = spawnSync(process.execPath, [SCRIPT], {
      encoding: 'utf8',
      env: { PATH: folder },
    });
    expect(failed.status).toBe(1);
    expect(failed.stderr).toContain('there is no crontab program');
  });
});
