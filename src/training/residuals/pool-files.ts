import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { PooledModel, PoolKey } from '../../domain/pooled-model.js';
import { RejectedError } from '../../lib/errors.js';
import { readVerifiedFile } from '../../models/verified-file.js';
import type { Stores } from '../../storage/stores.js';
import { readManifest } from '../trainer-process/trainer-manifest.js';

/** Fitted before the cut, for judging; refitted on all rows, for serving. */
const FILES = { judged: 'judged.cbm', served: 'served.cbm' } as const;
/** A session that was paused may come back to one of the last ones. */
const POOLS_KEPT = 3;
const MOST_LISTED = 100;

/** Folder of one attempt at a pooled model, relative to the models' folder. */
export function poolPath({ venue, timeframe, bot, uid, attempt }: PooledModel): string {
  const parts = [venue, 'pooled', timeframe, bot].map((part) => part.replace(/[^\w.@-]/g, '_'));
  return path.join(...parts, `${uid}-${attempt}`);
}

export interface PooledPaths {
  readonly judged: string;
  readonly served: string;
}

export function pooledPaths({ modelPath = '' }: PooledModel, modelsDir: string): PooledPaths {
  const folder = path.join(modelsDir, modelPath);
  return { judged: path.join(folder, FILES.judged), served: path.join(folder, FILES.served) };
}

/** Whether the files are those that were fitted. */
export async function isIntact(
  { modelPath, manifestSha256 }: PooledModel,
  options: { readonly modelsDir: string; readonly maxFileBytes: number },
): Promise<boolean> {
  if (modelPath === undefined || manifestSha256 === undefined) return false;
  const folder = path.join(options.modelsDir, modelPath);
  const reading = await readManifest(folder, manifestSha256);
  if (reading.status === 'unreadable') return false;
  try {
    for (const name of Object.values(FILES)) {
      const expected = reading.manifest.files[name];
      if (expected === undefined) return false;
      await readVerifiedFile({ path: path.join(folder, name), ...expected }, options.maxFileBytes);
    }
    return true;
  } catch (error) {
    if (error instanceof RejectedError) return false;
    throw error;
  }
}

/** Removes what attempts at a pooled model left; none of them must be recorded as ready. */
export async function removeAttempts(pool: PooledModel, modelsDir: string): Promise<void> {
  const folder = path.dirname(path.join(modelsDir, poolPath(pool)));
  const names = await readdir(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  for (const name of names.filter((one) => one.startsWith(`${pool.uid}-`))) {
    await rm(path.join(folder, name), { recursive: true, force: true });
  }
}

/** Keeps the newest pooled models; the folders of the others go, their rows stay. */
export async function prunePools(stores: Stores, key: PoolKey, modelsDir: string): Promise<void> {
  const ready = await stores.pools.list(key, { status: 'ready', limit: MOST_LISTED });
  for (const pool of ready.slice(POOLS_KEPT)) {
    if (pool.modelPath === undefined) continue;
    await removeAttempts(pool, modelsDir);
    await stores.pools.change(pool, { modelPath: undefined, manifestSha256: undefined });
  }
}
