import { percent } from '../result/in-words.js';
import type { ModelFigures } from '../result/model-figures.js';
import type { BacktestResult } from '../result/to-result.js';
import { escapeHtml } from '../../lib/escape-html.js';

/** Refusals that are shown; all stand in result.json. */
const MOST_REFUSALS = 8;

/** How the models came to be and how well they knew themselves; nothing for a run of the rules alone. */
export function modelSections({ models }: BacktestResult): string {
  if (models === undefined) return '';
  return `<h2>Models</h2>
${outcomes(models)}
${answers(models)}
<h2>Calibration of confidence</h2>
${calibration(models)}
`;
}

function outcomes({ dates, keptDates, outcomes: found, refusals }: ModelFigures): string {
  const { promoted, rejected, failed, waiting } = found;
  const kept = keptDates === 0 ? '' : ` (${keptDates} of them kept from an earlier run)`;
  const rows = refusals
    .slice(0, MOST_REFUSALS)
    .map(({ reason, count }): Cells => [reason, String(count)]);
  return (
    table(
      ['Retraining dates', 'Promoted', 'Rejected', 'Failed', 'Too few candles'],
      [[`${dates}${kept}`, ...[promoted, rejected, failed, waiting].map(String)]],
    ) + (rows.length === 0 ? '' : table(['Why a model was refused', 'Models'], rows))
  );
}

function answers({ answeredBars, fallbackBars }: ModelFigures): string {
  const all = fallbackBars.reduce((sum, { count }) => sum + count, answeredBars);
  const row = (name: string, count: number): Cells => [
    name,
    count.toLocaleString('en'),
    percent(all === 0 ? 0 : count / all),
  ];
  const rows = fallbackBars.map(({ reason, count }) => row(`the rules: ${reason}`, count));
  return table(['Who answered', 'Bars', 'Share'], [row('a model', answeredBars), ...rows]);
}

function calibration({ calibration: bins }: ModelFigures): string {
  if (bins.length === 0)
    return '<p class="note">No model answered a bar whose horizon is over.</p>';
  const rows = bins.map(({ from, to, count, meanProbability, shareTrue, lower, upper }): Cells => [
    `${percent(from)} to ${percent(to)}`,
    count.toLocaleString('en'),
    percent(meanProbability),
    `${percent(shareTrue)} (${percent(lower)} to ${percent(upper)})`,
  ]);
  return (
    table(['Confidence', 'Signals', 'Mean confidence', 'Came true'], rows) +
    '<p class="note">Of calibrated models the last two agree. The interval (95 %) takes signals for independent: neighbours are not, so it is wider in truth.</p>'
  );
}

type Cells = readonly string[];

function table(head: Cells, rows: readonly Cells[]): string {
  const line = (cells: Cells, tag: 'th' | 'td'): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  const body = rows.map((row) => line(row, 'td')).join('');
  return `<div class="wide"><table><thead>${line(head, 'th')}</thead><tbody>${body}</tbody></table></div>`;
}
