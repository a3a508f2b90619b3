import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { BaseModel, BaseModelKey } from '../../domain/base-model.js';
import { needsTorch } from '../../domain/bots.js';
import { RejectedError } from '../../lib/errors.js';
import type { Logger } from '../../lib/logger.js';
import { readVerifiedFile } from '../../models/verified-file.js';
import type { Stores } from '../../storage/stores.js';
import { readManifest } from '../trainer-process/trainer-manifest.js';

/** Fitted before the cut, for judging; refitted on all rows, for serving. */
function filesOf(bot: string): BaseModelPaths {
  const ending = needsTorch(bot) ? 'npz' : 'cbm';
  return { judged: `judged.${ending}`, served: `served.${ending}` };
}

/** A session that was paused may need one of the last base models again. */
const BASE_MODELS_KEPT = 3;
const MOST_LISTED = 100;

/** Folder of one attempt at a base model, relative to the models' folder; stored rows name `pooled` in it. */
export function baseModelPath({ venue, timeframe, bot, uid, attempt }: BaseModel): string {
  const parts = [venue, 'pooled', timeframe, bot].map((part) => part.replace(/[^\w.@-]/g, '_'));
  return path.join(...parts, `${uid}-${attempt}`);
}

export interface BaseModelPaths {
  readonly judged: string;
  readonly served: string;
}

export function baseModelPaths(baseModel: BaseModel, modelsDir: string): BaseModelPaths {
  const { modelPath = '', bot } = baseModel;
  const folder = path.join(modelsDir, modelPath);
  const { judged, served } = filesOf(bot);
  return { judged: path.join(folder, judged), served: path.join(folder, served) };
}

/** Whether the files are complete and unchanged. */
export async function isIntact(
  { bot, modelPath, manifestSha256 }: BaseModel,
  options: { readonly modelsDir: string; readonly maxFileBytes: number },
): Promise<boolean> {
  if (modelPath === undefined || manifestSha256 === undefined) return false;
  const { judged, served } = filesOf(bot);
  const folder = path.join(options.modelsDir, modelPath);
  const reading = await readManifest(folder, manifestSha256);
  if (reading.status === 'unreadable') return false;
  try {
    for (const name of [judged, served]) {
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

/** Removes the files of all attempts at a base model; none may be recorded as ready. */
export async function removeAttempts(baseModel: BaseModel, modelsDir: string): Promise<void> {
  const folder = path.dirname(path.join(modelsDir, baseModelPath(baseModel)));
  const names = await readdir(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  for (const name of names.filter((one) => one.startsWith(`${baseModel.uid}-`))) {
    await rm(path.join(folder, name), { recursive: true, force: true });
  }
}

/** Keeps the newest base models; the folders of the others go, their rows stay. */
export async function pruneBaseModels(
  stores: Stores,
  key: BaseModelKey,
  modelsDir: string,
): Promise<void> {
  const ready = await stores.baseModels.list(key, { status: 'ready', limit: MOST_LISTED });
  for (const baseModel of ready.slice(BASE_MODELS_KEPT)) {
    if (baseModel.modelPath === undefined) continue;
    await removeAttempts(baseModel, modelsDir);
    await stores.baseModels.change(baseModel, { modelPath: undefined, manifestSha256: undefined });
  }
}

/** Fails base models that no waiting job will fit again, and removes their files. */
export async function recoverBaseModels(context: {
  readonly stores: Stores;
  readonly options: { readonly venue: string; readonly modelsDir: string };
  readonly logger: Logger;
}): Promise<void> {
  const { stores, options, logger } = context;
  for (const baseModel of await stores.baseModels.listFitting(options.venue)) {
    // A worker elsewhere is at it.
    if ((await stores.jobs.find(baseModel.jobUid))?.status === 'running') continue;
    await removeAttempts(baseModel, options.modelsDir);
    const { sessionUid, venue, timeframe, bot } = baseModel;
    if (await isAwaited(stores, { venue, timeframe, bot }, sessionUid)) continue;
    const reason = 'its session ended before it was fitted';
    await stores.baseModels.change(baseModel, { status: 'failed', reason });
    logger.info(`[TRAIN] Base model given up: ${reason}`, { baseModel: baseModel.uid });
  }
}

/** Whether a job of its session or trial waits, which will fit it. */
async function isAwaited(stores: Stores, key: BaseModelKey, group: string): Promise<boolean> {
  for (const which of [{ sessionUid: group }, { trialUid: group }]) {
    const waiting = { ...key, ...which, status: 'pending' } as const;
    if ((await stores.jobs.list(waiting, { limit: 1, offset: 0 })).total > 0) return true;
  }
  return false;
}

/** Removes the base models of experiments that no job needs any more. */
export async function removeTrialBaseModels(
  stores: Stores,
  { venue, modelsDir }: { readonly venue: string; readonly modelsDir: string },
): Promise<void> {
  for (const baseModel of await stores.baseModels.listOfEndedTrials(venue)) {
    await removeAttempts(baseModel, modelsDir);
    await stores.baseModels.change(baseModel, { modelPath: undefined, manifestSha256: undefined });
  }
}
