import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactStore } from '../artifacts/artifact-store.js';
import type { Logger } from '../lib/logger.js';
import type { Stores } from '../storage/stores.js';

/** What no record names is removed after this: longer than any job waits between its upload and its record. */
export const ARTIFACT_GRACE_MS = 24 * 3_600_000;

/** Folders of attempts are named by the uid of a job or base model, and the attempt. */
const ATTEMPT = /^([0-9A-HJKMNP-TV-Z]{26})-\d+$/;
const MAX_DEPTH = 6;

export interface StoreSweep {
  readonly store: ArtifactStore;
  readonly ledger: Stores['artifacts'];
  readonly graceMs: number;
  readonly logger: Logger;
}

/**
 * Removes from the store what this database put there and no record of it names. What others put there is not known
 * and stays.
 *
 * @returns how many files were removed
 * @throws TransientError where the store is away; the next sweep goes on
 */
export async function sweepStore({ store, ledger, graceMs, logger }: StoreSweep): Promise<number> {
  let removed = 0;
  for (const manifest of await ledger.listUnused(graceMs)) {
    if (!(await ledger.claim(manifest, graceMs))) continue;
    for (const sha256 of await ledger.listRemovable(manifest)) {
      await store.remove(sha256);
      removed += 1;
    }
    await ledger.forget(manifest);
  }
  if (removed > 0) logger.info('Removed unused files from the artifact store', { removed });
  return removed;
}

export interface CopySweep {
  readonly modelsDir: string;
  readonly stores: Pick<Stores, 'models' | 'jobs' | 'baseModels'>;
  /** Wall time: younger folders are left alone. */
  readonly changedBefore: number;
  readonly logger: Logger;
}

/**
 * Removes this host's copies of models that no record names any more: another host retired them. Folders of jobs
 * that the database does not know may be those of another database, and stay.
 *
 * @returns the folders removed, relative to the models' folder
 */
export async function sweepCopies(sweep: CopySweep): Promise<readonly string[]> {
  const { modelsDir, stores, changedBefore, logger } = sweep;
  const named = new Set(await stores.models.listPaths());
  const removed: string[] = [];
  for (const folder of await findAttempts(modelsDir, '', 0)) {
    if (named.has(folder)) continue;
    const place = path.join(modelsDir, folder);
    if ((await stat(place)).mtimeMs >= changedBefore) continue;
    if (!(await isRetired(folder, stores))) continue;
    await rm(place, { recursive: true, force: true });
    logger.info('Removed the copy of a model that nothing names', { folder });
    removed.push(folder);
  }
  return removed;
}

/** Whether the database knows what the folder was for, and that nobody is at it. */
async function isRetired(
  folder: string,
  { jobs, baseModels }: CopySweep['stores'],
): Promise<boolean> {
  const uid = ATTEMPT.exec(path.basename(folder))?.[1] ?? '';
  const job = await jobs.find(uid);
  if (job !== undefined) return job.status !== 'pending' && job.status !== 'running';
  const baseModel = await baseModels.findByUid(uid);
  return baseModel !== undefined && baseModel.status !== 'fitting';
}

/** Symbolic links are not followed. */
async function findAttempts(
  modelsDir: string,
  relative: string,
  depth: number,
): Promise<readonly string[]> {
  if (ATTEMPT.test(path.basename(relative))) return [relative];
  if (depth > MAX_DEPTH) return [];
  const folder = path.join(modelsDir, relative);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found: string[] = [];
  for (const entry of entries) {
    if (!entry.isDirectory()) continue;
    found.push(...(await findAttempts(modelsDir, path.join(relative, entry.name), depth + 1)));
  }
  return found;
}
