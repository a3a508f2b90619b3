import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { isCsv } from '../collection/files/list-files.js';
import { isTimeframe, TIMEFRAMES, type Timeframe } from '../domain/timeframe.js';
import { messageOf } from '../lib/errors.js';

/** A file at its place: `<folder>/<name>/<timeframe>/<file>`. */
export interface WatchedFile {
  readonly file: string;
  readonly name: string;
  readonly timeframe: Timeframe;
}

export interface WatchedPlaces {
  readonly files: readonly WatchedFile[];
  /** What is not read, by its place, and why: folders that are not there, and files at a place of their own. */
  readonly faults: ReadonlyMap<string, string>;
}

const ELSEWHERE = 'is not read: only files in <name>/<timeframe>/ are';

/** Looks for the files of a watched folder. What lies beside the places that are read is named. */
export async function findWatchedFiles(folder: string): Promise<WatchedPlaces> {
  const files: WatchedFile[] = [];
  const faults = new Map<string, string>();
  for (const name of await foldersOnly(folder, faults)) {
    for (const frame of await foldersOnly(path.join(folder, name), faults)) {
      const place = path.join(folder, name, frame);
      const { csvs } = await lookInto(place, faults);
      if (isTimeframe(frame)) {
        for (const file of csvs) files.push({ file, name, timeframe: frame });
      } else if (csvs.length > 0) {
        faults.set(place, `is no timeframe: ${TIMEFRAMES.join(', ')}`);
      }
    }
  }
  return { files, faults };
}

/** Names of the folders in a place that is to have nothing else. */
async function foldersOnly(place: string, faults: Map<string, string>): Promise<readonly string[]> {
  const { folders, csvs } = await lookInto(place, faults);
  for (const file of csvs) faults.set(file, ELSEWHERE);
  return folders;
}

async function lookInto(
  place: string,
  faults: Map<string, string>,
): Promise<{ readonly folders: readonly string[]; readonly csvs: readonly string[] }> {
  const folders: string[] = [];
  const csvs: string[] = [];
  try {
    for (const name of (await readdir(place)).sort()) {
      if (name.startsWith('.')) continue;
      // A link counts as what it leads to; one that leads nowhere, or a file that has just gone, does not count.
      const found = await stat(path.join(place, name)).catch(() => undefined);
      if (found?.isDirectory() === true) folders.push(name);
      else if (found !== undefined && isCsv(name)) csvs.push(path.join(place, name));
    }
  } catch (error) {
    faults.set(place, `cannot be read: ${messageOf(error)}`);
  }
  return { folders, csvs };
}
