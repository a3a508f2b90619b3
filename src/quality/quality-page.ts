import type { ImportRecord } from '../collection/files/import-record.js';
import { REFUSALS } from '../collection/files/price-rows.js';
import { formatTime, type Finding } from './findings.js';
import { escapeHtml } from '../lib/escape-html.js';
import { htmlPage } from '../lib/html-page.js';
import { drawMap, formatShare } from './quality-map.js';
import type { QualityReport, SeriesQuality } from './quality-report.js';

/** The report as one page, without scripts and without anything from the network. */
export function qualityPage(report: QualityReport, madeAtMs: number): string {
  const body = `<main>
<h1>Data quality</h1>
<p class="lead">${leadText(report)} Made ${formatTime(madeAtMs)} UTC.</p>
${mapSection(report)}
${findingsSection(report)}
${filesSection(report.files)}
</main>`;
  return htmlPage({ title: 'Data quality', css: STYLE, body });
}

function leadText({ series, total }: QualityReport): string {
  const faulty = series.filter(({ findings }) => findings.some(isFault)).length;
  const all = total > series.length ? ` of ${total}` : '';
  return `${series.length}${all} series, ${faulty} of them with something to look at.`;
}

function isFault({ level }: Finding): boolean {
  return level === 'fault';
}

function mapSection({ series }: QualityReport): string {
  const map = drawMap(series);
  if (map === undefined) return '<p>No candles are stored.</p>';
  const unit = map.daysACell === 1 ? 'A column is a day' : `A column is ${map.daysACell} days`;
  const keys: readonly (readonly [string, string])[] = [
    ['full', 'stored, or empty at the venue'],
    ['known', 'the venue does not have it'],
    ['open', 'missing, unexplained'],
    ['mark', 'price that neighbours and other symbols do not explain'],
  ];
  const legend = keys
    .map(([name, text]) => `<span class="key"><i class="${name}"></i>${text}</span>`)
    .join('');
  return `<section>
<h2>Coverage</h2>
<p class="legend">${legend}</p>
<p class="note">${unit}. Names of series with something to look at are bold.</p>
<div class="scroll">${map.svg}</div>
</section>`;
}

function findingsSection({ series }: QualityReport): string {
  const rows = [...series]
    .sort((one, other) => faultsOf(other) - faultsOf(one))
    .map(seriesRows)
    .join('\n');
  return `<section>
<h2>Findings</h2>
<div class="scroll"><table>
<thead><tr><th>Series</th><th>Candles</th><th>Coverage</th><th class="wide">Finding</th><th>What training does</th></tr></thead>
<tbody>${rows}</tbody>
</table></div>
</section>`;
}

function faultsOf({ findings }: SeriesQuality): number {
  return findings.filter(isFault).length;
}

function seriesRows(series: SeriesQuality): string {
  const { findings, symbol, timeframe, venue, candles, covered } = series;
  const span = Math.max(1, findings.length);
  const head = `<th scope="row" rowspan="${span}">${escapeHtml(symbol)} ${timeframe}<small>${escapeHtml(venue)}</small><small>${spanText(series)}</small></th>
<td class="number" rowspan="${span}">${candles.toLocaleString('en-US')}</td><td class="number" rowspan="${span}">${candles === 0 ? '' : formatShare(covered)}</td>`;
  if (findings.length === 0) return `<tr>${head}<td colspan="2" class="fine">nothing odd</td></tr>`;
  return findings
    .map((finding, at) => `<tr>${at === 0 ? head : ''}${findingCells(finding)}</tr>`)
    .join('\n');
}

function spanText({ firstOpenTime, lastOpenTime }: SeriesQuality): string {
  if (firstOpenTime === undefined || lastOpenTime === undefined) return '';
  return `${formatTime(firstOpenTime).slice(0, 10)} to ${formatTime(lastOpenTime).slice(0, 10)}`;
}

function findingCells({ level, text, training }: Finding): string {
  return `<td class="${level}">${escapeHtml(text)}</td><td>${escapeHtml(training)}</td>`;
}

function filesSection(files: readonly ImportRecord[]): string {
  if (files.length === 0) return '';
  return `<section>
<h2>Files</h2>
<p class="note">The last import of each file on this machine. What is refused or left out is never trained on.</p>
<div class="scroll"><table>
<thead><tr><th>File</th><th>Understood as</th><th>Rows</th><th>Merged</th><th>Refused</th><th>Left out</th></tr></thead>
<tbody>${files.map(fileRow).join('\n')}</tbody>
</table></div>
</section>`;
}

function fileRow({ file, venue, timeframe, refusal, source, ...counts }: ImportRecord): string {
  const name = file.split('/').at(-1) ?? file;
  const head = `<th scope="row">${escapeHtml(name)}<small>${escapeHtml(venue)} ${timeframe}</small></th>`;
  if (refusal !== null) {
    return `<tr>${head}<td colspan="5" class="fault">refused: ${escapeHtml(refusal)}</td></tr>`;
  }
  const refused = counts.rejected.map(({ kind, rows, example }) => {
    const title = kind in REFUSALS ? REFUSALS[kind as keyof typeof REFUSALS] : kind;
    return `${rows} × ${title}<small>${escapeHtml(example)}</small>`;
  });
  const leftOut = counts.leftOut.map(({ name: column, reason }) => {
    return `${escapeHtml(column)}<small>${escapeHtml(reason)}</small>`;
  });
  const cells = [escapeHtml(source ?? ''), counts.rows.toLocaleString('en-US')];
  const shown = [...cells, counts.merged.toLocaleString('en-US')].map((cell) => `<td>${cell}</td>`);
  const level = refused.length > 0 ? 'fault' : 'fine';
  return `<tr>${head}${shown.join('')}<td class="${level}">${refused.join('<br>') || 'nothing'}</td><td>${leftOut.join('<br>')}</td></tr>`;
}

const STYLE = `
:root { color-scheme: light dark; --page: #f7f8fa; --card: #fff; --text: #1c2430; --muted: #667085;
  --line: #e3e7ed; --full: #2f8f83; --known: #b9c0ca; --open: #d64545; --mark: #b26a00; }
@media (prefers-color-scheme: dark) { :root { --page: #12161c; --card: #1a2028; --text: #e4e8ee;
  --muted: #98a2b3; --line: #2b333e; --full: #3fa798; --known: #55606e; --open: #ef6461; --mark: #f0a93b; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text);
  font: 14px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 1400px; margin: 0 auto; padding: 28px 24px 48px; }
h1 { font-size: 24px; margin: 0; } h2 { font-size: 16px; margin: 0 0 8px; }
.lead { margin: 4px 0 20px; color: var(--muted); }
section { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 18px 20px; margin-bottom: 18px; }
.note { color: var(--muted); margin: 0 0 12px; font-size: 13px; }
.legend { margin: 0 0 4px; display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 13px; }
.key i { display: inline-block; width: 11px; height: 11px; margin-right: 6px; border-radius: 2px;
  vertical-align: -1px; }
.key .full { background: var(--full); } .key .known { background: var(--known); }
.key .open { background: var(--open); }
.key .mark { width: 0; height: 0; border-radius: 0; border: 6px solid transparent; border-top: 0;
  border-bottom: 10px solid var(--mark); }
.scroll { overflow-x: auto; }
svg text { fill: var(--text); font-size: 12px; } svg .tick, svg .share { fill: var(--muted); font-size: 11px; }
svg .faulty { font-weight: 650; } svg .rule { stroke: var(--line); }
svg .full { fill: var(--full); } svg .known { fill: var(--known); } svg .open { fill: var(--open); }
svg .mark { fill: var(--mark); stroke: var(--card); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 7px 12px 7px 0; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--muted); font-weight: 500; font-size: 12px; }
tbody th { font-weight: 600; min-width: 150px; } small { display: block; color: var(--muted); font-weight: 400; }
.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
td.fault::before { content: "●"; color: var(--open); margin-right: 7px; }
td.note::before { content: "●"; color: var(--known); margin-right: 7px; }
th.wide { width: 44%; } td.note, td.fault { font-size: 14px; color: var(--text); } td.fine { color: var(--muted); }
`;
