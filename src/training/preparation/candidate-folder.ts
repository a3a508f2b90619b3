import { createHash } from 'node:crypto';
import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { needsTorch } from '../../domain/bots.js';
import type { ModelKey } from '../../domain/model-key.js';
import type { TrainingJob } from '../../domain/training-job.js';
import { SERVED_MODEL } from '../evaluation/judge-model.js';
import { MANIFEST_FILE } from '../trainer-process/trainer-manifest.js';

/** The files that an increment continues: CatBoost's own, or the weights of a network. */
const CONTINUED_FILES = {
  catboost: { served: 'model.cbm', judged: 'judged.cbm' },
  torch: { served: 'model.npz', judged: 'judged.npz' },
} as const;

/** Files that serving and increments need; the others in a candidate's folder are only for judging it. */
const SERVED_FILES: readonly string[] = [
  SERVED_MODEL,
  ...Object.values(CONTINUED_FILES).flatMap(({ served, judged }) => [served, judged]),
];
const BYTES_A_MB = 1_000_000;

const manifestSchema = z.looseObject({ files: z.record(z.string(), z.unknown()) });

/**
 * Folder of one attempt, relative to the models' folder. Its name is the job's uid, so that the files of a dead
 * attempt are found by the job alone, even where several databases share the models' folder.
 */
export function candidatePath(job: TrainingJob): string {
  return path.join(keyPath(job), `${job.uid}-${job.attempt}`);
}

function keyPath({ venue, symbol, timeframe, bot }: ModelKey): string {
  return path.join(
    ...[venue, symbol, timeframe, bot].map((part) => part.replace(/[^\w.@-]/g, '_')),
  );
}

/** Names of the files that an increment of a bot begins from. */
export function continuedFiles(bot: string): { readonly served: string; readonly judged: string } {
  return needsTorch(bot) ? CONTINUED_FILES.torch : CONTINUED_FILES.catboost;
}

/** Feature file of a job, below the work folder. */
export function featureFileName(job: TrainingJob): string {
  return `${job.uid}-${job.attempt}.evkf`;
}

export interface TrainingFolders {
  readonly modelsDir: string;
  readonly workDir: string;
}

/** Removes all files of attempts at the job from both folders; none of its models may be recorded. */
export async function removeLeftovers(job: TrainingJob, folders: TrainingFolders): Promise<void> {
  await removeByPrefix(path.join(folders.modelsDir, keyPath(job)), job.uid);
  await removeByPrefix(folders.workDir, job.uid);
}

/** Removes the files of this attempt alone: another worker may be at the next one. */
export async function removeAttempt(job: TrainingJob, folders: TrainingFolders): Promise<void> {
  // Not those of attempt 10 with those of attempt 1.
  const own = new RegExp(`^${job.uid}-${job.attempt}(?!\\d)`);
  await removeWhere(path.join(folders.modelsDir, keyPath(job)), (name) => own.test(name));
  await removeWhere(folders.workDir, (name) => own.test(name));
}

function removeByPrefix(folder: string, prefix: string): Promise<void> {
  return removeWhere(folder, (name) => name.startsWith(prefix));
}

async function removeWhere(folder: string, isMeant: (name: string) => boolean): Promise<void> {
  for (const name of await listFolder(folder)) {
    if (!isMeant(name)) continue;
    await rm(path.join(folder, name), { recursive: true, force: true });
  }
}

async function listFolder(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

export interface ServedFolder {
  readonly manifestSha256: string;
  readonly modelSizeMb: number;
}

/** Removes the files that were only for judging the candidate, from the folder and from its manifest. */
export async function keepServedFiles(folder: string): Promise<ServedFolder> {
  const manifest = manifestSchema.parse(
    JSON.parse(await readFile(path.join(folder, MANIFEST_FILE), 'utf8')),
  );
  const kept = Object.entries(manifest.files).filter(([name]) => SERVED_FILES.includes(name));
  const text = JSON.stringify({ ...manifest, files: Object.fromEntries(kept) }, null, 1);
  await replaceFile(path.join(folder, MANIFEST_FILE), text);
  for (const name of await readdir(folder)) {
    if (name !== MANIFEST_FILE && !SERVED_FILES.includes(name)) await rm(path.join(folder, name));
  }
  return {
    manifestSha256: createHash('sha256').update(text).digest('hex'),
    modelSizeMb: await modelSizeMb(folder),
  };
}

/** Size of the file that serves, in MB of 10^6 bytes. */
export async function modelSizeMb(folder: string): Promise<number> {
  return (await stat(path.join(folder, SERVED_MODEL))).size / BYTES_A_MB;
}

/** A power cut leaves either the old text or the new one. */
async function replaceFile(filePath: string, text: string): Promise<void> {
  const temporaryPath = `${filePath}.tmp`;
  const file = await open(temporaryPath, 'w');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporaryPath, filePath);
}
