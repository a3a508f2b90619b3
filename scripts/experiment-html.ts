import type { ExperimentDetailAnswer } from '../src/api/contract/experiments.js';
import { escapeHtml } from '../src/lib/escape-html.js';
import { htmlPage } from '../src/lib/html-page.js';
import { signed } from '../src/training/experiments/report-text.js';

type Comparison = ExperimentDetailAnswer['report']['comparisons'][number];

const CSS = `
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
table{border-collapse:collapse;margin:1rem 0}td,th{padding:.3rem .8rem;border-bottom:1px solid #d0d7de;text-align:right}
td:first-child,th:first-child,td:last-child,th:last-child{text-align:left}
svg{width:100%;height:auto;font:13px system-ui,sans-serif}.note{color:#57606a}
.better{fill:#1a7f37;stroke:#1a7f37}.worse{fill:#cf222e;stroke:#cf222e}.none{fill:#57606a;stroke:#57606a}
.series{fill:#8c959f;opacity:.55}.axis{stroke:#afb8c1}
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}td,th{border-color:#30363d}text{fill:#e6edf3}}
`;

/** One file without scripts: what was found in words, a plot of the differences with their intervals, and tables. */
export function experimentHtml(experiment: ExperimentDetailAnswer): string {
  const { name, report, jobs, symbols, timeframes, bot, cut_at: cutAt } = experiment;
  const title = `Experiment: ${name}`;
  const words = report.comparisons.map(({ text }) => `<li>${escapeHtml(text)}</li>`).join('\n');
  const body = `<h1>${escapeHtml(title)}</h1>
<p>${jobs.completed} of ${jobs.total} jobs scored; ${escapeHtml(bot)}, ${symbols.length} symbols, ${escapeHtml(timeframes.join(', '))}, candles up to ${escapeHtml(cutAt)}.
Control: ${escapeHtml(report.control)}.</p>
<ul>
${words}
</ul>
<h2>Skill</h2>
${plot(report.comparisons.filter(({ measure }) => measure === 'skill'))}
<h2>Direction skill</h2>
${plot(report.comparisons.filter(({ measure }) => measure === 'direction_skill'))}
<p class="note">What a variant gains over the control, a row: the point is the mean, the line its 95 % interval, small
points are the series. Colour is given only where the difference holds after Holm's adjustment.</p>
<h2>Variants</h2>
${variantTable(experiment)}`;
  return htmlPage({ title, css: CSS, body });
}

const [LEFT, RIGHT, ROW, TOP] = [220, 700, 44, 30];

/** Intervals above each other on one axis, with 0 marked. */
function plot(rows: readonly Comparison[]): string {
  const values = rows.flatMap((row) => [
    row.lower,
    row.upper,
    ...row.by_series.map(({ estimate }) => estimate),
  ]);
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return '<p class="note">Nothing to compare yet.</p>';
  const reach = Math.max(1e-6, ...known.map(Math.abs)) * 1.1;
  const x = (value: number): number => LEFT + ((value + reach) / (2 * reach)) * (RIGHT - LEFT);
  const height = TOP + rows.length * ROW + 30;
  const ticks = [-reach / 1.1, 0, reach / 1.1].map(
    (value) =>
      `<text x="${x(value).toFixed(1)}" y="${height - 8}" text-anchor="middle">${value === 0 ? '0' : signed(value)}</text>`,
  );
  const lines = rows.map((row, at) => plotRow(row, TOP + at * ROW + ROW / 2, x));
  return `<svg viewBox="0 0 720 ${height}" role="img" aria-label="Differences to the control with 95 % intervals">
<line class="axis" x1="${x(0).toFixed(1)}" x2="${x(0).toFixed(1)}" y1="${TOP - 10}" y2="${height - 24}"/>
${lines.join('\n')}
${ticks.join('\n')}
</svg>`;
}

function plotRow(row: Comparison, y: number, x: (value: number) => number): string {
  const { variant, estimate, lower, upper, verdict, by_series: series } = row;
  const label = `<text x="0" y="${y + 5}">${escapeHtml(variant)}</text>`;
  if (estimate === null || lower === null || upper === null) return label;
  const kind = verdict === 'no difference shown' ? 'none' : verdict;
  const small = series.map(({ series: name, estimate: value }) =>
    value === null
      ? ''
      : `<circle class="series" cx="${x(value).toFixed(1)}" cy="${y + 12}" r="3"><title>${escapeHtml(`${name} ${signed(value)}`)}</title></circle>`,
  );
  return `${label}
<line class="${kind}" stroke-width="2" x1="${x(lower).toFixed(1)}" x2="${x(upper).toFixed(1)}" y1="${y}" y2="${y}"/>
<circle class="${kind}" cx="${x(estimate).toFixed(1)}" cy="${y}" r="5"/>
${small.join('')}`;
}

function variantTable({ variants, report }: ExperimentDetailAnswer): string {
  const rows = report.means.map((one) => {
    const settings = Object.entries(
      variants.find(({ name }) => name === one.variant)?.settings ?? {},
    );
    const text = settings.map(([key, value]) => `${key}=${value}`).join(', ');
    const cells = [
      one.variant,
      String(one.jobs),
      signed(one.skill),
      signed(one.direction_skill),
      text,
    ];
    return `<tr>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`;
  });
  const heading = ['variant', 'jobs', 'skill', 'direction skill', 'settings'];
  return `<table><tr>${heading.map((cell) => `<th>${cell}</th>`).join('')}</tr>\n${rows.join('\n')}\n</table>`;
}
