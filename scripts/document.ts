import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { documentSettings } from '../config/document-settings.js';
import { documentVenues } from '../src/exchange/orders/document-venues.js';
import { documentFeatures } from '../src/features/document-features.js';
import { documentMysqlSchema } from '../src/storage/mysql/document-schema.js';
import { documentApiTypes } from './document-api-types.js';

/** What is made from the code, by path. */
const DOCUMENTS = new Map<string, () => string | Promise<string>>([
  ['docs/settings.md', documentSettings],
  ['docs/features.md', documentFeatures],
  ['docs/venues.md', documentVenues],
  ['docs/mysql_schema.sql', documentMysqlSchema],
  ['dashboard/src/api/types.generated.ts', documentApiTypes],
]);

const isCheck = process.argv.includes('--check');
const outdated: string[] = [];
for (const [file, write] of DOCUMENTS) {
  const text = await write();
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
