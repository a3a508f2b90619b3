import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { documentSettings } from '../config/document-settings.js';
import { documentFeatures } from '../src/features/document-features.js';
import { documentMysqlSchema } from '../src/storage/mysql/document-schema.js';

/** Pages that are made from the code, by path. */
const DOCUMENTS: ReadonlyMap<string, () => string> = new Map([
  ['docs/settings.md', documentSettings],
  ['docs/features.md', documentFeatures],
  ['docs/mysql_schema.sql', documentMysqlSchema],
]);

const isCheck = process.argv.includes('--check');
const outdated: string[] = [];
for (const [file, write] of DOCUMENTS) {
  const text = write();
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
  outdated.push(file);
  if (isCheck) continue;
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}
if (isCheck && outdated.length > 0) {
  process.stderr.write(`Not as the code says: ${outdated.join(', ')}; run npm run docs\n`);
  process.exitCode = 1;
} else {
  process.stdout.write(`${DOCUMENTS.size} documents, ${outdated.length} renewed\n`);
}
