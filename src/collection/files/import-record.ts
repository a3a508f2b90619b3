import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { ImportReport } from './import-report.js';

/** What became of the last import of a file, kept so that its quality can be judged later. */
export type ImportRecord = z.infer<typeof RECORD>;

const MOST_NAME_SIGNS = 150;
const COUNT = z.number();
const RECORD = z.object({
  /** Wall time of the import. */
  at: z.number(),
  file: z.string(),
  venue: z.string(),
  timeframe: z.string(),
  /** Why the file was refused as a whole; null where it was read. */
  refusal: z.string().nullable(),
  source: z.string().nullable(),
  rows: COUNT,
  inserted: COUNT,
  revised: COUNT,
  unchanged: COUNT,
  merged: COUNT,
  rejected: z.array(
    z.object({ kind: z.string(), rows: COUNT, firstLine: COUNT, example: z.string() }),
  ),
  leftOut: z.array(z.object({ name: z.string(), reason: z.string() })),
});

/** Folders below `DATA_DIR` with a file for each import. */
export function importFolders(dataDir: string): {
  /** What became of it. */
  readonly records: string;
  /** The lines that were refused. */
  readonly rejects: string;
} {
  return { records: path.resolve(dataDir, 'imports'), rejects: path.resolve(dataDir, 'rejects') };
}

export interface ImportedFile {
  /** As reports show it. */
  readonly file: string;
  readonly venue: string;
  readonly timeframe: string;
  readonly at: number;
}

export function recordOfReport(about: ImportedFile, report: ImportReport): ImportRecord {
  return {
    at: about.at,
    file: about.file,
    venue: about.venue,
    timeframe: about.timeframe,
    refusal: null,
    source: report.understood.source,
    rows: report.rows,
    inserted: report.inserted,
    revised: report.revised,
    unchanged: report.unchanged,
    merged: report.merged,
    rejected: [...report.rejectedByReason],
    leftOut: [...report.leftOut],
  };
}

export function recordOfRefusal(about: ImportedFile, refusal: string): ImportRecord {
  return {
    at: about.at,
    file: about.file,
    venue: about.venue,
    timeframe: about.timeframe,
    refusal,
    source: null,
    rows: 0,
    inserted: 0,
    revised: 0,
    unchanged: 0,
    merged: 0,
    rejected: [],
    leftOut: [],
  };
}

/** Replaces the record of an earlier import of the same file. */
export async function writeImportRecord(folder: string, record: ImportRecord): Promise<void> {
  const names = [record.venue, record.timeframe, path.basename(record.file)];
  const whole = names.join('-');
  // Names that differ only in signs that not every file system takes are of different files.
  const sum = createHash('sha256').update(whole).digest('hex').slice(0, 8);
  const name = `${whole.replace(/[^\w.-]/g, '_').slice(0, MOST_NAME_SIGNS)}-${sum}`;
  await mkdir(folder, { recursive: true });
  const target = path.join(folder, `${name}.json`);
  await writeFile(`${target}.tmp`, `${JSON.stringify(record)}\n`);
  await rename(`${target}.tmp`, target);
}

/** All records, in the order of their files; none where nothing was imported on this machine. */
export async function readImportRecords(folder: string): Promise<readonly ImportRecord[]> {
  const names = await readdir(folder).catch(() => []);
  const records: ImportRecord[] = [];
  for (const name of names.filter((one) => one.endsWith('.json')).sort()) {
    const record = parseRecord(await readFile(path.join(folder, name), 'utf8'));
    if (record !== undefined) records.push(record);
  }
  return records;
}

/** Undefined for what a loss of power cut off, or another version wrote: the next import writes it again. */
function parseRecord(text: string): ImportRecord | undefined {
  try {
    return RECORD.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
