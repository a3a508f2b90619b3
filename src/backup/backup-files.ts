import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

export type BackupEngine = 'sqlite' | 'mysql';

export interface BackupFile {
  readonly path: string;
  readonly engine: BackupEngine;
  /** `20261121T115711123Z`: sorts by time. */
  readonly stamp: string;
}

const NAME = /^evenkeel-(\d{8}T\d{9}Z)\.(sqlite|sql)\.gz$/;

/** Name of a backup that is made at the given wall time. */
export function backupName(engine: BackupEngine, timeMs: number): string {
  return `evenkeel-${stampOf(timeMs)}.${engine === 'sqlite' ? 'sqlite' : 'sql'}.gz`;
}

/** A time in UTC that may stand in a name. */
export function stampOf(timeMs: number): string {
  return new Date(timeMs).toISOString().replaceAll(/[-:.]/g, '');
}

/** What kind of backup a file is, by its name. */
export function findBackupEngine(file: string): BackupEngine | undefined {
  if (/\.sqlite(\.gz)?$/.test(file)) return 'sqlite';
  return /\.sql(\.gz)?$/.test(file) ? 'mysql' : undefined;
}

/** Backups of a folder, the newest first. Other files there are none of ours. */
export function listBackups(folder: string): readonly BackupFile[] {
  if (!existsSync(folder)) return [];
  const found = readdirSync(folder).flatMap((name): BackupFile[] => {
    const [, stamp, ending] = NAME.exec(name) ?? [];
    if (stamp === undefined) return [];
    const engine = ending === 'sqlite' ? 'sqlite' : 'mysql';
    return [{ path: path.join(folder, name), engine, stamp }];
  });
  return found.sort((one, other) => other.stamp.localeCompare(one.stamp));
}

/** Deletes all but the newest `keep` backups of the engine; answers with what went. */
export function pruneBackups(
  folder: string,
  { engine, keep }: { readonly engine: BackupEngine; readonly keep: number },
): readonly string[] {
  const old = listBackups(folder).filter((backup) => backup.engine === engine);
  const gone = old.slice(keep).map((backup) => backup.path);
  gone.forEach((file) => {
    rmSync(file, { force: true });
  });
  return gone;
}

const PARTIAL = /^\.partial-(\d+)$/;

/**
 * A folder for what is not finished, beside what is, so that finishing is a rename. One that a killed
 * process left behind is swept away by the next.
 */
export function makePartialFolder(folder: string, pid: number): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(folder)) {
    const owner = PARTIAL.exec(name)?.[1];
    if (owner === undefined || (Number(owner) !== pid && isAlive(Number(owner)))) continue;
    rmSync(path.join(folder, name), { recursive: true, force: true });
  }
  const partial = path.join(folder, `.partial-${pid}`);
  mkdirSync(partial, { mode: 0o700 });
  return partial;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
