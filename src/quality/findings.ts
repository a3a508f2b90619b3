import { isFileVenue } from '../domain/market.js';
import { timeframeMs } from '../domain/timeframe.js';
import type { Copy } from './copies.js';
import type { Gap } from './coverage.js';
import type { Outlier } from './outliers.js';
import type { SeriesFacts } from './series-facts.js';

/** `fault`: a person should look at it. `note`: good to know. */
export type FindingLevel = 'fault' | 'note';

export type FindingKind =
  | 'gap_open'
  | 'gap_late'
  | 'gap_known'
  | 'copy'
  | 'split'
  | 'spike'
  | 'wick'
  | 'jump'
  | 'refused'
  | 'revised'
  | 'repeated'
  | 'no_volume'
  | 'zero_volume'
  | 'empty';

/** Something that is odd about a series, with what training does about it. */
export interface Finding {
  readonly kind: FindingKind;
  readonly level: FindingLevel;
  /** Bars, rows that were refused, or other series. */
  readonly count: number;
  readonly text: string;
  readonly training: string;
}

/** Share of candles without volume above which it is mentioned. */
const MIN_ZERO_VOLUME_SHARE = 0.05;
const EXAMPLES = 3;
/** A move of which the others make so much is the market's. */
const MARKET_SHARE = 0.4;

const UNADJUSTED =
  'Used as it is: features of up to 640 later bars and the labels across it see the price.';
const FILE_ENTRIES =
  'Prices from files are learned by random_forest alone, which counts entries: what is missing joins the entries beside it.';

const TRAINING: Readonly<Record<FindingKind, string>> = {
  gap_open:
    'No feature row and no label reaches across it: up to 640 bars after it are not used until it is filled or the venue is known to have nothing.',
  gap_late: 'Signals wait for these bars; training uses what is there.',
  gap_known:
    'Filled with the last close and volume 0; a label whose bars are mostly filled is not used.',
  copy: 'Each name is trained by itself; in a pool the same rows count several times.',
  split: 'Used as it is: prices are not adjusted, so the labels across it are false.',
  spike: UNADJUSTED,
  wick: UNADJUSTED,
  jump: UNADJUSTED,
  refused: 'Never read; their bars count as missing.',
  revised: 'The newest values are used, and features near them are computed again.',
  repeated: 'Used as they are: bars without a move teach HOLD.',
  no_volume: 'Volume features count as missing and are dropped.',
  zero_volume: 'Used as they are; volume features see the zeros.',
  empty: 'Nothing to train on.',
};

/** What is odd about a series, faults first. */
export function findFindings(facts: SeriesFacts, copies: readonly Copy[]): readonly Finding[] {
  const findings = [
    ...gapFindings(facts),
    ...copyFindings(copies),
    ...outlierFindings(facts.outliers),
    ...countFindings(facts),
  ];
  return findings.sort((one, other) => rank(one) - rank(other));
}

function rank({ level }: Finding): number {
  return level === 'fault' ? 0 : 1;
}

/** A market that closes has holidays; a longer silence than these is none. */
const HOLIDAYS_MS = 4 * 86_400_000;

function gapFindings({ series, coverage }: SeriesFacts): Finding[] {
  const isFile = isFileVenue(series.venue);
  const isHoliday = ({ bars }: Gap): boolean => bars * timeframeMs(series.timeframe) <= HOLIDAYS_MS;
  const holidays = isFile && coverage.gaps.every(isHoliday);
  const titles: readonly (readonly [Gap['kind'], FindingLevel, string])[] = [
    holidays
      ? ['open', 'note', 'bars of usual sessions are missing (holidays?)']
      : ['open', 'fault', 'bars are missing and nobody knows why'],
    ['late', 'fault', 'bars have not come yet'],
    ['known', 'note', 'bars the venue does not have'],
  ];
  return titles.flatMap(([kind, level, title]) => {
    const gaps = coverage.gaps.filter((gap) => gap.kind === kind);
    if (gaps.length === 0) return [];
    const count = gaps.reduce((sum, { bars }) => sum + bars, 0);
    const longest = [...gaps].sort((one, other) => other.bars - one.bars).slice(0, EXAMPLES);
    const stretches = gaps.length === 1 ? 'one gap' : `${gaps.length} gaps`;
    const text = `${count} ${title}, in ${stretches}: ${longest.map(formatGap).join(', ')}`;
    const training = isFile ? FILE_ENTRIES : TRAINING[`gap_${kind}`];
    return [{ kind: `gap_${kind}` as const, level, count, text, training }];
  });
}

function formatGap({ fromOpenTime, toOpenTime, bars }: Gap): string {
  return bars === 1
    ? formatTime(fromOpenTime)
    : `${formatTime(fromOpenTime)} to ${formatTime(toOpenTime)}`;
}

function copyFindings(copies: readonly Copy[]): Finding[] {
  if (copies.length === 0) return [];
  const shown = copies.slice(0, EXAMPLES);
  const others = shown.map(({ of, equalMonths, months }) => {
    return `${of} (${equalMonths} of ${months} months)`;
  });
  const more = copies.length > shown.length ? ` and ${copies.length - shown.length} more` : '';
  const text = `the same candles as ${others.join(', ')}${more}`;
  return [{ kind: 'copy', level: 'fault', count: copies.length, text, training: TRAINING.copy }];
}

function outlierFindings(outliers: readonly Outlier[]): Finding[] {
  return (['split', 'spike', 'wick', 'jump'] as const).flatMap((kind) => {
    const found = outliers.filter((one) => one.kind === kind);
    const own = found.filter((one) => !isOfMarket(one));
    if (found.length === 0) return [];
    const strongest = [...found]
      .sort((one, other) => Math.abs(other.size) - Math.abs(one.size))
      .slice(0, EXAMPLES);
    const level = kind === 'jump' || own.length === 0 ? 'note' : 'fault';
    const market = found.length - own.length;
    const shared = market === 0 ? '' : `, ${market} of them with other symbols`;
    const text = `${found.length} × ${kind}${shared}: ${strongest.map(formatOutlier).join(', ')}`;
    return [{ kind, level, count: found.length, text, training: TRAINING[kind] }];
  });
}

/** The other symbols make a good part of the same move. */
export function isOfMarket({ size, otherSize }: Outlier): boolean {
  return otherSize !== undefined && otherSize * Math.sign(size) >= MARKET_SHARE * Math.abs(size);
}

/** When, and how far. */
export function formatOutlier({ openTime, size, otherSize }: Outlier): string {
  const others = otherSize === undefined ? '' : ` (others ${formatMove(otherSize)})`;
  return `${formatTime(openTime)} ${formatMove(size)}${others}`;
}

function formatMove(size: number): string {
  const percent = (Math.exp(size) - 1) * 100;
  return `${percent > 0 ? '+' : ''}${percent.toFixed(percent > -10 && percent < 10 ? 1 : 0)} %`;
}

function countFindings(facts: SeriesFacts): Finding[] {
  const { series, candles, revised, repeated, withoutVolume, refused } = facts;
  const refusedRows = Object.values(refused).reduce((sum, count) => sum + count, 0);
  const kinds = Object.entries(refused).map(([kind, count]) => `${count} × ${kind}`);
  const share = candles === 0 ? 0 : withoutVolume / candles;
  const of = (kind: FindingKind, level: FindingLevel, count: number, text: string): Finding[] =>
    count === 0 ? [] : [{ kind, level, count, text, training: TRAINING[kind] }];
  const percent = `${(share * 100).toFixed(1)} %`;
  return [
    ...of('empty', 'note', candles === 0 ? 1 : 0, 'no candle is stored'),
    ...of('refused', 'fault', refusedRows, `${refusedRows} rows were refused: ${kinds.join(', ')}`),
    ...of('revised', 'note', revised, `${revised} candles were changed after they were stored`),
    ...of('repeated', 'fault', repeated, `${repeated} candles repeat the one before them`),
    ...(series.hasVolume
      ? of(
          'zero_volume',
          'note',
          share >= MIN_ZERO_VOLUME_SHARE ? withoutVolume : 0,
          `${percent} of the candles have no volume`,
        )
      : of('no_volume', 'note', candles === 0 ? 0 : 1, 'the series has no volume at all')),
  ];
}

export function formatTime(ms: number): string {
  const text = new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
  return text.endsWith(' 00:00') ? text.slice(0, 10) : text;
}
