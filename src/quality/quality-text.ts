import type { ImportRecord } from '../collection/files/import-record.js';
import { formatTime } from './findings.js';
import { formatShare } from './quality-map.js';
import type { QualityReport, SeriesQuality } from './quality-report.js';

/** The report for a terminal. */
export function qualityText({ series, total, files }: QualityReport): string {
  const lines = series.flatMap(seriesLines);
  if (total > series.length) lines.push(`${total - series.length} more series`);
  if (series.length === 0) lines.push('No series is stored that matches.');
  for (const { file, refusal, rejected, leftOut } of files) {
    lines.push(`file ${file}`);
    if (refusal !== null) lines.push(`  ! refused: ${refusal}`);
    for (const { kind, rows, example } of rejected) {
      lines.push(`  ! ${rows} lines refused (${kind}), such as: ${example}`);
    }
    for (const { name, reason } of leftOut) lines.push(`    column ${name} left out: ${reason}`);
  }
  return [...lines, ''].join('\n');
}

function seriesLines(series: SeriesQuality): string[] {
  const { venue, symbol, timeframe, candles, covered, firstOpenTime, lastOpenTime } = series;
  const span =
    firstOpenTime === undefined || lastOpenTime === undefined
      ? ''
      : `, ${formatTime(firstOpenTime)} to ${formatTime(lastOpenTime)}, ${formatShare(covered)}`;
  const head = `${symbol} ${timeframe} (${venue}): ${candles.toLocaleString('en-US')} candles${span}`;
  const findings = series.findings.flatMap(({ level, text, training }) => [
    `  ${level === 'fault' ? '!' : '-'} ${text}`,
    `    training: ${training}`,
  ]);
  return [head, ...findings];
}

/** The report for programs, with the names of the API. */
export function qualityJson(report: QualityReport): string {
  return `${JSON.stringify(qualityAnswer(report))}\n`;
}

// The API's contract is checked against the type of what is returned.
/* eslint-disable @typescript-eslint/explicit-module-boundary-types */

/** Times as ISO 8601, names in snake_case. */
export function qualityAnswer({ series, total, files }: QualityReport) {
  return { total, series: series.map(seriesAnswer), files: files.map(fileAnswer) };
}

function seriesAnswer(one: SeriesQuality) {
  return {
    venue: one.venue,
    symbol: one.marketId,
    unified_symbol: one.symbol,
    timeframe: one.timeframe,
    candles: one.candles,
    first_open_time: isoOrNull(one.firstOpenTime),
    last_open_time: isoOrNull(one.lastOpenTime),
    covered: one.covered,
    revised: one.revised,
    repeated: one.repeated,
    zero_volume_share: one.zeroVolumeShare,
    refused: { ...one.refused },
    outlier_count: one.outlierCount,
    outliers: one.outliers.map(({ kind, openTime, size, otherSize }) => ({
      kind,
      open_time: iso(openTime),
      size,
      other_size: otherSize ?? null,
    })),
    copies: one.copies.map(({ of, equalMonths, months }) => ({
      of,
      equal_months: equalMonths,
      months,
    })),
    gaps: one.gaps.map(({ kind, fromOpenTime, toOpenTime, bars }) => ({
      kind,
      from: iso(fromOpenTime),
      to: iso(toOpenTime),
      bars,
    })),
    days: one.days.map(({ day, ...bars }) => ({ day: iso(day).slice(0, 10), ...bars })),
    findings: [...one.findings],
  };
}

function fileAnswer(one: ImportRecord) {
  return {
    at: iso(one.at),
    file: one.file,
    venue: one.venue,
    timeframe: one.timeframe,
    refusal: one.refusal,
    source: one.source,
    rows: one.rows,
    inserted: one.inserted,
    revised: one.revised,
    unchanged: one.unchanged,
    merged: one.merged,
    rejected: one.rejected.map(({ kind, rows, firstLine, example }) => ({
      kind,
      rows,
      first_line: firstLine,
      example,
    })),
    left_out: one.leftOut,
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function isoOrNull(ms: number | undefined): string | null {
  return ms === undefined ? null : iso(ms);
}
