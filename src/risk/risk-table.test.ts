import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { RISK_SETTINGS } from '../../config/groups/risk.js';
import { ENTRY_VETOES, SIZE_RULES } from './rules.js';

const PAGE = readFileSync('docs/risk.md', 'utf8');
const FOLDER = 'src/risk';
/** Settings that are no rule's: the page tells of them below the table. */
const TOLD_BELOW = ['TRAILING_STOP_PCT', 'TRAILING_START_PCT', 'HALT_FILE'];

function rowsOfTable(): string[][] {
  const rows = PAGE.split('\n').filter((line) => line.startsWith('| '));
  return rows.map((row) => row.split('|').map((cell) => cell.trim().replaceAll('`', '')));
}

function textOf(value: unknown): string {
  return Array.isArray(value) ? value.join('/') : String(value);
}

describe('the table of docs/risk.md', () => {
  it('has every setting of the group with its default', () => {
    const inTable = rowsOfTable().map(([, , setting, value]) => `${setting}=${value}`);
    for (const [name, { defaultValue }] of Object.entries(RISK_SETTINGS)) {
      if (TOLD_BELOW.includes(name)) expect(PAGE, name).toContain(`\`${name}\``);
      else expect(inTable).toContain(`${name}=${textOf(defaultValue)}`);
    }
  });

  it('has every rule, in the order in which they run', () => {
    const table = rowsOfTable()
      .map(([, rule = '']) => rule)
      .filter((rule) => readdirSync(FOLDER).includes(`${rule}.ts`));
    const source = readFileSync(`${FOLDER}/rules.ts`, 'utf8');
    const lists = [...source.matchAll(/export const \w+[^[]*\[\]\s*=\s*\[([^\]]*)\]/g)];
    const listed = lists.map(([, names = '']) => names).join('');
    const order = [...listed.matchAll(/\w+/g)].map(([name]) =>
      name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    );
    expect(table).toEqual(order);
    expect(table).toHaveLength(ENTRY_VETOES.length + SIZE_RULES.length);
  });
});
