import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Settings } from '../config/settings.js';
import {
  compareRuns,
  type FigurePair,
  type RunComparison,
  type TradeDifference,
} from '../src/backtest/compare/compare-runs.js';
import { readRun, type StoredRun } from '../src/backtest/compare/read-run.js';
import { backtestsFolder } from '../src/daemon/backtests/backtest-lock.js';
import type { RunsTools } from '../src/daemon/backtests/open-runs.js';
import { openStorage } from '../src/daemon/open-storage.js';
import { ConfigError } from '../src/lib/errors.js';
import { openStores } from '../src/storage/stores.js';
import { textTable } from './text-table.js';

/** Differing trades that are shown; all are counted. */
const SHOWN_TRADES = 10;
const DIGITS = 6;

/**
 * Two runs by their ids or folders.
 *
 * @throws ConfigError naming the one that there is not
 */
export async function readRuns(
  names: readonly string[],
  settings: Settings,
  tools: RunsTools,
): Promise<readonly [StoredRun, StoredRun]> {
  const [a = '', b = ''] = names;
  const read = async (name: string): Promise<StoredRun> =>
    readRun(await findFolder(name, settings, tools));
  return [await read(a), await read(b)];
}

async function findFolder(name: string, settings: Settings, tools: RunsTools): Promise<string> {
  const places = [path.resolve(name), path.resolve(backtestsFolder(settings.dataDir), name)];
  const found = places.find((folder) => existsSync(path.join(folder, 'result.json')));
  if (found !== undefined) return found;
  const { database } = await openStorage(settings, tools);
  try {
    const run = await openStores(database, tools.clock).backtests.find(name);
    if (run?.folder !== undefined) return run.folder;
    const why = run === undefined ? 'there is no such backtest' : 'it has no report';
    throw new ConfigError(`--compare ${name}: ${why}`);
  } finally {
    await database.close();
  }
}

/** Two runs side by side as text, or as one line of JSON. */
export function comparisonText(
  [a, b]: readonly [StoredRun, StoredRun],
  { isJson }: { readonly isJson: boolean },
): string {
  const comparison = compareRuns(a, b);
  const ids = { a: a.description.id, b: b.description.id };
  if (isJson) return `${JSON.stringify({ runs: ids, ...comparison })}\n`;
  return [
    `A ${ids.a}`,
    `B ${ids.b}`,
    '',
    inputsText(comparison),
    textTable(['Figure', 'A', 'B', 'B − A'], comparison.figures.map(figureRow)),
    tradesText(comparison.trades),
  ].join('\n');
}

function inputsText({ inputs }: RunComparison): string {
  if (inputs.length === 0) return 'Both were made of the same candles, span and settings.\n';
  return textTable(
    ['Made with', 'A', 'B'],
    inputs.map(({ name, a, b }) => [name, shortened(a), shortened(b)]),
  );
}

function figureRow({ name, a, b }: FigurePair): string[] {
  const shown = (value: number | null): string =>
    value === null ? '–' : String(Number(value.toPrecision(DIGITS)));
  return [name, shown(a), shown(b), shown(a === null || b === null ? null : b - a)];
}

function tradesText({ a, b, equal, differences }: RunComparison['trades']): string {
  const counts = `Trades: ${a} in A, ${b} in B, ${equal} equal`;
  if (differences.length === 0) return `${counts}. None differs.\n`;
  const rows = differences.slice(0, SHOWN_TRADES).map(differenceRow);
  const more = differences.length - rows.length;
  const rest = more === 0 ? '' : `and ${more} more\n`;
  return `${counts}. The first that differ:\n${textTable(['Opened', 'Symbol', 'What'], rows)}${rest}`;
}

function differenceRow({ symbol, opened_at, columns, ...difference }: TradeDifference): string[] {
  const alone = `only in ${difference.in.toUpperCase()}`;
  const what = columns.map(({ name, a, b }) => `${name} ${a} → ${b}`).join(', ');
  return [opened_at, symbol, difference.in === 'both' ? what : alone];
}

function shortened(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 37)}…`;
}
