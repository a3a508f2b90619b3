import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ImportReport } from './import-file.js';

/** Writes the lines of a report that could not be used; without any, an earlier such file is removed. */
export async function writeRejects(
  file: string,
  { rejected }: Pick<ImportReport, 'rejected'>,
): Promise<void> {
  if (rejected.length === 0) return rm(file, { force: true });
  const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  const lines = rejected.map(({ line, reason, text }) => `${line},${quote(reason)},${quote(text)}`);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, ['line,reason,row', ...lines, ''].join('\n'));
}
