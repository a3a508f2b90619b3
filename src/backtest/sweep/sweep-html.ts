import { percent, signedPercent } from '../result/in-words.js';
import { escapeHtml } from '../../lib/escape-html.js';
import { htmlPage } from '../../lib/html-page.js';
import type { GridPoint, SweptSetting } from './grid.js';
import {
  bySharpe,
  luckInWords,
  pointInWords,
  type SweepRow,
  type SweepSummary,
} from './sweep-summary.js';

export interface SweepPage {
  readonly title: string;
  readonly swept: readonly SweptSetting[];
  readonly summary: SweepSummary;
  readonly css: string;
}

/** Lightest and strongest share of the colour behind a cell, percent. */
const [WEAKEST, STRONGEST] = [8, 70];

/** One file without scripts: what was found in words, heat maps of the Sharpe ratio, and a table of all runs. */
export function sweepHtml({ title, swept, summary, css }: SweepPage): string {
  const body = `<h1>${escapeHtml(title)}</h1>
<div class="lead"><p>${escapeHtml(luckInWords(summary))}</p></div>
<h2>Sharpe ratio</h2>
${maps(swept, summary)}
<h2>Runs</h2>
${table(swept, summary)}`;
  return htmlPage({ title, css, body });
}

/** The first two settings make a map; one for each combination of the others. */
function maps(swept: readonly SweptSetting[], summary: SweepSummary): string {
  const [rows, columns, ...others] = swept;
  if (rows === undefined) return '';
  const titles = new Map<string, GridPoint>();
  for (const { settings } of summary.runs) {
    const rest = Object.fromEntries(others.map(({ name }) => [name, settings[name] ?? '']));
    titles.set(pointInWords(rest), rest);
  }
  return [...titles]
    .map(([words, fixed]) => {
      const caption = words === '' ? '' : `<p class="note">${escapeHtml(words)}</p>`;
      return caption + map({ rows, columns, fixed }, summary);
    })
    .join('\n');
}

function map(
  {
    rows,
    columns,
    fixed,
  }: {
    readonly rows: SweptSetting;
    readonly columns: SweptSetting | undefined;
    readonly fixed: GridPoint;
  },
  summary: SweepSummary,
): string {
  const strongest = Math.max(...summary.runs.map(({ sharpe }) => Math.abs(sharpe ?? 0)));
  const across = columns?.values ?? ['Sharpe'];
  const corner = columns === undefined ? rows.name : `${rows.name} \\ ${columns.name}`;
  const body = rows.values.map((value) => {
    const cells = across.map((other) => {
      const own = columns === undefined ? {} : { [columns.name]: other };
      const point: GridPoint = { ...fixed, ...own, [rows.name]: value };
      return cell(findRun(summary.runs, point), { strongest, best: summary.best });
    });
    return `<tr><th>${escapeHtml(value)}</th>${cells.join('')}</tr>`;
  });
  const head = across.map((value) => `<th>${escapeHtml(value)}</th>`).join('');
  return `<div class="wide"><table class="map"><thead><tr><th>${escapeHtml(corner)}</th>${head}</tr></thead><tbody>${body.join('')}</tbody></table></div>`;
}

function findRun(runs: readonly SweepRow[], point: GridPoint): SweepRow | undefined {
  return runs.find(({ settings }) =>
    Object.entries(point).every(([name, value]) => settings[name] === value),
  );
}

function cell(
  run: SweepRow | undefined,
  { strongest, best }: { readonly strongest: number; readonly best: SweepRow | null },
): string {
  if (run === undefined || run.sharpe === null) return '<td>–</td>';
  const share = strongest === 0 ? 0 : Math.abs(run.sharpe) / strongest;
  const strength = Math.round(WEAKEST + share * (STRONGEST - WEAKEST));
  const colour = run.sharpe < 0 ? 'var(--down)' : 'var(--up)';
  const mark = run === best ? ' class="best"' : '';
  return `<td${mark} style="background:color-mix(in srgb, ${colour} ${strength}%, transparent)">${run.sharpe.toFixed(2)}</td>`;
}

function table(swept: readonly SweptSetting[], { runs, best }: SweepSummary): string {
  const sorted = [...runs].sort(bySharpe);
  const head = [...swept.map(({ name }) => name), 'Sharpe', 'Return', 'Drawdown', 'Trades'];
  const rows = sorted.map((run) => {
    const cells = [
      ...swept.map(({ name }) => run.settings[name] ?? ''),
      run.sharpe?.toFixed(2) ?? '–',
      signedPercent(run.total_return),
      percent(run.max_drawdown),
      String(run.trades),
    ];
    const mark = run === best ? ' class="best"' : '';
    return `<tr${mark}>${cells.map((text) => `<td>${escapeHtml(text)}</td>`).join('')}</tr>`;
  });
  const heading = head.map((name) => `<th>${escapeHtml(name)}</th>`).join('');
  return `<div class="wide"><table><thead><tr>${heading}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}
