import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigError } from '../../lib/errors.js';
import type { RunDescription } from '../result/result-json.js';

/** A trade as `trades.csv` has it, by the names of its columns. */
export type TradeRow = Readonly<Record<string, string>>;

/** What a run left in its folder. */
export interface StoredRun {
  readonly folder: string;
  readonly description: RunDescription;
  readonly figures: Readonly<Record<string, unknown>>;
  readonly trades: readonly TradeRow[];
}

/** @throws ConfigError when the folder holds no run */
export function readRun(folder: string): StoredRun {
  const resultFile = path.join(folder, 'result.json');
  try {
    const { figures, ...description } = JSON.parse(
      readFileSync(resultFile, 'utf8'),
    ) as RunDescription & { readonly figures: StoredRun['figures'] };
    const trades = parseTrades(readFileSync(path.join(folder, 'trades.csv'), 'utf8'));
    return { folder, description, figures, trades };
  } catch (error) {
    const reason = error instanceof SyntaxError ? 'is damaged' : 'cannot be read';
    throw new ConfigError(`${folder} holds no finished backtest: ${resultFile} ${reason}`, {
      cause: error,
    });
  }
}

function parseTrades(text: string): readonly TradeRow[] {
  const [heading = '', ...lines] = text.trimEnd().split('\n');
  const names = heading.split(',');
  return lines.map((line) => {
    // No column but the symbol is ever quoted, and no symbol holds a line end.
    const fields = line.match(/"(?:[^"]|"")*"|[^,]+/g) ?? [];
    return Object.fromEntries(names.map((name, at) => [name, fields[at] ?? '']));
  });
}
