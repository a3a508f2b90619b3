import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const UNITS = ['evenkeel-backup.service', 'evenkeel-backup.timer'] as const;

const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-units-'));

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function rendered(unit: string): string {
  const text = readFileSync(`systemd/${unit}`, 'utf8');
  return text.replaceAll('@PROJECT@', process.cwd()).replaceAll('@NODE@', process.execPath);
}

const canAnalyse = spawnSync('systemd-analyze', ['--version']).status === 0;

describe('the backup units', () => {
  it('run the backup as the daemon does: same user, settings and folder', () => {
    const daemon = readFileSync('systemd/evenkeel.service', 'utf8');
    const backup = readFileSync('systemd/evenkeel-backup.service', 'utf8');
    for (const line of [
      'User=',
      'EnvironmentFile=',
      'Environment=DATA_DIR',
      'StateDirectory=',
      'UMask=',
    ]) {
      const of = (text: string) => text.split('\n').filter((one) => one.startsWith(line));
      expect(of(backup)).toEqual(of(daemon));
    }
    expect(backup).toContain('dist/scripts/backup.js --keep 14');
  });

  it.skipIf(!canAnalyse)('are sound and as closed as the daemon (needs systemd-analyze)', () => {
    for (const unit of UNITS) writeFileSync(path.join(folder, unit), rendered(unit));
    const service = path.join(folder, 'evenkeel-backup.service');
    const args = ['security', '--offline=true', '--no-pager', service];
    const { stdout } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
    const exposure = Number(/Overall exposure level for .*: ([\d.]+)/.exec(stdout)?.[1]);
    expect(exposure).toBeLessThanOrEqual(1.5);
    const calendar = /OnCalendar=(.*)/.exec(rendered('evenkeel-backup.timer'))?.[1] ?? '';
    expect(spawnSync('systemd-analyze', ['calendar', calendar]).status).toBe(0);
  });
});
