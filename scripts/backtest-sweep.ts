import path from 'node:path';
import type { SweptSetting } from '../src/backtest/sweep/grid.js';
import { percent, signedPercent } from '../src/backtest/result/in-words.js';
import { bySharpe, luckInWords } from '../src/backtest/sweep/sweep-summary.js';
import type { SweepEnd } from '../src/daemon/backtests/sweep-request.js';
import { textTable } from './text-table.js';

/** What a sweep found: a table, best first, and how much of the best is luck; or one line of JSON. */
export function sweepText(
  swept: readonly SweptSetting[],
  { id, summary, folder, wanted }: SweepEnd,
  { isJson }: { readonly isJson: boolean },
): string {
  if (isJson) return `${JSON.stringify({ id, folder, wanted, ...summary })}\n`;
  const names = swept.map(({ name }) => name);
  const rows = [...summary.runs]
    .sort(bySharpe)
    .map((run) => [
      ...names.map((name) => run.settings[name] ?? ''),
      run.sharpe?.toFixed(2) ?? '–',
      signedPercent(run.total_return),
      percent(run.max_drawdown),
      String(run.trades),
    ]);
  const table = textTable([...names, 'Sharpe', 'Return', 'Drawdown', 'Trades'], rows);
  return `${table}\n${luckInWords(summary)}\nHeat map: ${path.join(folder, 'sweep.html')}\n`;
}
