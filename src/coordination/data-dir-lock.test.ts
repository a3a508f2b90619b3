import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compiledUrl } from '../lib/workers/worker.js';
import { AlreadyRunningError, ConfigError } from '../lib/errors.js';
import { DataDirLock, findLockHolder, noteApiAddress } from './data-dir-lock.js';

const HOLDER = { pid: 4711, host: 'here', startedAt: '2024-05-01T00:00:00.000Z' };

describe('DataDirLock', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-lock-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('keeps a second one out, names the first, and lets go when it stops', () => {
    const first = new DataDirLock(folder);
    const second = new DataDirLock(folder);
    first.acquire(HOLDER);
    expect(() => second.acquire(HOLDER)).toThrow(AlreadyRunningError);
    expect(() => second.acquire(HOLDER)).toThrow('process 4711 on here, started 2024-05-01');
    first.stop();
    first.stop();
    second.acquire(HOLDER);
    second.stop();
  });

  it('can be looked at without being taken', () => {
    const lock = new DataDirLock(folder);
    expect(DataDirLock.isFree(folder)).toBe(true);
    lock.acquire(HOLDER);
    expect(DataDirLock.isFree(folder)).toBe(false);
    lock.stop();
    expect(DataDirLock.isFree(folder)).toBe(true);
  });

  it('names a program that is not the daemon', () => {
    const first = new DataDirLock(folder);
    first.acquire({ ...HOLDER, program: 'npm run collect' });
    const second = new DataDirLock(folder);
    expect(() => second.acquire(HOLDER)).toThrow('process 4711 (npm run collect) on here');
    first.stop();
  });

  it('notes where the API of its holder is, until the next one holds it', () => {
    const lock = new DataDirLock(folder);
    expect(findLockHolder(folder)).toBeUndefined();
    lock.acquire(HOLDER);
    noteApiAddress(folder, 'http://127.0.0.1:8420');
    expect(findLockHolder(folder)).toEqual({ ...HOLDER, apiAddress: 'http://127.0.0.1:8420' });
    lock.stop();
    lock.acquire(HOLDER);
    expect(findLockHolder(folder)).toEqual(HOLDER);
    lock.stop();
  });

  it('is free again at once when its holder was killed', async () => {
    const url = compiledUrl(import.meta.url, '../../test/workers/lock-holder-child.js');
    const child = spawn(process.execPath, [fileURLToPath(url), folder, JSON.stringify(HOLDER)]);
    await once(child.stdout, 'data');
    const lock = new DataDirLock(folder);
    expect(() => lock.acquire(HOLDER)).toThrow(AlreadyRunningError);
    child.kill('SIGKILL');
    await once(child, 'close');
    lock.acquire(HOLDER);
    lock.stop();
  });

  it('says that a folder cannot be made', () => {
    const file = path.join(folder, 'file');
    writeFileSync(file, '');
    expect(() => new DataDirLock(path.join(file, 'data')).acquire(HOLDER)).toThrow(ConfigError);
  });

  it.skipIf(!canMount())('says that a folder is read-only (needs mount)', () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,ro', 'tmpfs', folder]);
    try {
      expect(() => new DataDirLock(folder).acquire(HOLDER)).toThrow('cannot be written');
    } finally {
      execFileSync('umount', [folder]);
    }
  });
});

/** Root may write whatever the mode says, so only a read-only file system is read-only. */
function canMount(): boolean {
  const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
