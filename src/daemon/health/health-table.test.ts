import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { HEALTH_TABLE } from './health-table.js';

const RUNBOOK = readFileSync(new URL('../../../docs/runbook.md', import.meta.url), 'utf8');

test('no two rules have one name', () => {
  const names = HEALTH_TABLE.map(({ id }) => id);
  expect(new Set(names).size).toBe(names.length);
});

test.each(HEALTH_TABLE)('the runbook has the rule $id with its level and its fix', (rule) => {
  const { id, check, level, fix } = rule;
  const row = RUNBOOK.split('\n').find((line) => line.startsWith(`| \`${id}\` `));
  const cells = row?.split('|').map((cell) => cell.trim());
  expect(cells?.slice(1, 5)).toEqual([`\`${id}\``, check, level, fix]);
});
