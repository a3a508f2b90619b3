import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const ROOT = new URL('../', import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, ROOT), 'utf8');

/** The last cell of a row: a file of tests, and the name of one of them. */
const SHOWN_BY = /\| `([\w./-]+)`: (.+?) +\|$/gm;

const named = [...read('docs/field-reports.md').matchAll(SHOWN_BY)].map(
  ([, file = '', name = '']) => ({ file, name }),
);

test('every row of the field reports names a test', () => {
  const rows = read('docs/field-reports.md').match(/^\| (?!-|what happened )/gm) ?? [];
  expect(named.length).toBeGreaterThan(40);
  expect(named.length).toBe(rows.length);
});

test.each(named)('$file has the test "$name"', ({ file, name }) => {
  const text = read(file).replaceAll(/\\(['"`])/g, '$1');
  expect(text).toContain(name);
});
