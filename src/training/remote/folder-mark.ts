import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readIfThere } from '../../lib/read-if-there.js';
import { newUid } from '../../lib/uid.js';

/** In the models' folder: tells whether two processes see the same one. */
const FILE = '.evenkeel-models';

/** What marks the folder; undefined where nothing does. */
export async function findFolderMark(modelsDir: string): Promise<string | undefined> {
  const mark = await readIfThere(path.join(modelsDir, FILE));
  return mark?.toString('utf8').trim();
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
