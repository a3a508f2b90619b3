import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ModelKey } from '../domain/model-key.js';
import type { ModelRecord } from '../domain/model-record.js';
import { RejectedError } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';

/** Depth below the models' folder at which model folders may lie. */
const MAX_DEPTH = 8;
const TEMPORARY = /\.tmp-[^/]*$/;

export interface ArtifactCleanupOptions {
  readonly modelsDir: string;
  readonly models: {
    /** Every record of a key, newest first or not. */
    listVersions(key: ModelKey): Promise<readonly ModelRecord[]>;
    update(uid: string, changes: Partial<ModelRecord>): Promise<unknown>;
  };
  readonly logger: Logger;
}

/**
 * Removes the folders that a killed export left unfinished. Whole model folders are never removed here,
 * named by a record or not: they may be those of another database. A job removes its own.
 *
 * @param options.changedBefore wall time: younger ones are left alone, because workers elsewhere may be at them
 * @returns the folders removed, relative to the models' folder
 */
export async function removeUnfinished(options: {
  readonly modelsDir: string;
  readonly changedBefore?: number | undefined;
  readonly logger: Logger;
}): Promise<readonly string[]> {
  const { logger, modelsDir, changedBefore = Infinity } = options;
  const removed: string[] = [];
  for (const folder of await findUnfinished(modelsDir, '', 0)) {
    const place = path.join(modelsDir, folder);
    if ((await stat(place)).mtimeMs >= changedBefore) continue;
    await rm(place, { recursive: true, force: true });
    logger.info('Removed an unfinished model folder', { folder });
    removed.push(folder);
  }
  return removed;
}

/**
 * Keeps the newest versions of a key that served, the newest that did not, and the one that serves;
 * deletes the folders of all others and archives their records.
 *
 * @returns uids of the records whose folders were deleted
 */
export async function pruneVersions(
  options: ArtifactCleanupOptions,
  { key, versionsKept }: { readonly key: ModelKey; readonly versionsKept: number },
): Promise<readonly string[]> {
  const versions = (await options.models.listVersions(key))
    .filter((record) => record.modelPath !== undefined && record.stage !== 'serving')
    .filter((record) => !isAwaited(record))
    .sort((a, b) => b.trainedAt - a.trainedAt || (a.uid < b.uid ? 1 : -1));
  const served = versions.filter((record) => record.stage === 'superseded');
  const unserved = versions.filter((record) => record.stage !== 'superseded');
  // The serving version is one of those kept.
  const surplus = [...served.slice(Math.max(versionsKept - 1, 0)), ...unserved.slice(1)];
  for (const record of surplus) await deleteVersion(options, record);
  return surplus.map((record) => record.uid);
}

/** Trained elsewhere, and about to serve. */
function isAwaited({ stage, status }: ModelRecord): boolean {
  return stage === 'candidate' && status === 'active';
}

/** @throws RejectedError for a path that leads out of the models' folder */
export async function deleteModelFolder(modelsDir: string, modelPath: string): Promise<void> {
  const folder = path.resolve(modelsDir, modelPath);
  if (!folder.startsWith(path.resolve(modelsDir) + path.sep)) {
    throw new RejectedError(`Model folder ${modelPath} does not lie below the models' folder`);
  }
  await rm(folder, { recursive: true, force: true });
}

/** The folder goes first: a crash in between leaves a record without one, which the next pruning ends. */
export async function deleteVersion(
  { logger, models, modelsDir }: ArtifactCleanupOptions,
  record: ModelRecord,
): Promise<void> {
  if (record.modelPath === undefined) return;
  await deleteModelFolder(modelsDir, record.modelPath);
  await models.update(record.uid, { modelPath: undefined, status: 'archived' });
  logger.info('Deleted a model version', { modelUid: record.uid, folder: record.modelPath });
}

/**
 * Deletes the folders of records that were archived before their folders went: what a kill left of a
 * clearing.
 *
 * @returns uids of the records whose folders were deleted
 */
export async function removeArchived(
  options: ArtifactCleanupOptions & {
    readonly models: { listUnreleased(venue: string): Promise<readonly ModelRecord[]> };
  },
  venue: string,
): Promise<readonly string[]> {
  const unreleased = await options.models.listUnreleased(venue);
  for (const record of unreleased) await deleteVersion(options, record);
  return unreleased.map(({ uid }) => uid);
}

/** Looks below one folder; symbolic links are not followed. */
async function findUnfinished(
  modelsDir: string,
  relative: string,
  depth: number,
): Promise<readonly string[]> {
  const folder = path.join(modelsDir, relative);
  if (depth > MAX_DEPTH || !(await isFolder(folder))) return [];
  if (TEMPORARY.test(relative)) return [relative];
  const entries = await readdir(folder, { withFileTypes: true });
  const below: string[] = [];
  for (const entry of entries) {
    if (!entry.isDirectory()) continue;
    below.push(...(await findUnfinished(modelsDir, path.join(relative, entry.name), depth + 1)));
  }
  return below;
}

async function isFolder(folder: string): Promise<boolean> {
  return stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
