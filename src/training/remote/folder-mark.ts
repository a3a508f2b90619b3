import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { newUid } from '../../lib/uid.js';

/** In the models' folder: tells whether two processes see the same one. */
const FILE = '.evenkeel-models';

/** What marks the folder; undefined where nothing does. */
export async function findFolderMark(modelsDir: string): Promise<string | undefined> {
  try {
    return (await readFile(path.join(modelsDir, FILE), 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Marks the folder, unless it is marked already. */
export async function markFolder(modelsDir: string, wallMs: number): Promise<string> {
  await mkdir(modelsDir, { recursive: true });
  try {
    await writeFile(path.join(modelsDir, FILE), `${newUid(wallMs)}\n`, { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return (await findFolderMark(modelsDir)) ?? '';
}
