import { readFile } from 'node:fs/promises';

/** Content of a file; undefined where there is none of that name. @throws what else keeps it from being read */
export async function readIfThere(file: string): Promise<Buffer | undefined> {
  return readFile(file).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
}
