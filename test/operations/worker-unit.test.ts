import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const UNIT = 'evenkeel-worker@.service';
const canAnalyse = spawnSync('systemd-analyze', ['--version']).status === 0;

describe("the worker's unit", () => {
  const text = readFileSync(`systemd/${UNIT}`, 'utf8');

  it('keeps to the memory that the daemon has with its trainers', () => {
    const daemon = readFileSync('systemd/evenkeel.service', 'utf8');
    const limits = (unit: string) => unit.match(/^Memory(?:High|Max)=.*/gm);
    expect(limits(text)).toEqual(limits(daemon));
  });

  it.skipIf(!canAnalyse)('is as closed as the daemon (needs systemd-analyze)', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-units-'));
    try {
      const file = path.join(folder, UNIT);
      const unit = text.replaceAll('@PROJECT@', process.cwd());
      writeFileSync(file, unit.replaceAll('@NODE@', process.execPath));
      const args = ['security', '--offline=true', '--no-pager', file];
      const { stdout } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
      const exposure = Number(/Overall exposure level for .*: ([\d.]+)/.exec(stdout)?.[1]);
      expect(exposure).toBeLessThanOrEqual(1.5);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
