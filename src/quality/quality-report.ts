import type { ImportRecord } from '../collection/files/import-record.js';
import type { Series } from '../domain/market.js';
import type { Timeframe } from '../domain/timeframe.js';
import { findCopies, type Copy } from './copies.js';
import { coveredShare, type DayCoverage, type Gap } from './coverage.js';
import { findFindings, type Finding } from './findings.js';
import type { Outlier } from './outliers.js';
import { compareWithPeers } from './peers.js';
import { readFacts, type QualityStores, type SeriesFacts } from './series-facts.js';

export interface QualityRequest {
  /** Undefined for all. */
  readonly venue?: string | undefined;
  readonly symbols?: readonly string[] | undefined;
  readonly timeframes?: readonly Timeframe[] | undefined;
  readonly fromOpenTime?: number | undefined;
  /** At most so many series after the first `offset` ones, in the order in which they were made. */
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
}

export interface QualityTools {
  readonly stores: QualityStores;
  /** The time of a venue, where it is known. */
  readonly marketMsOf: (venue: string) => number | undefined;
  readonly imports: readonly ImportRecord[];
  readonly onSeries?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SeriesQuality {
  readonly venue: string;
  readonly symbol: string;
  readonly marketId: string;
  readonly timeframe: Timeframe;
  readonly candles: number;
  readonly firstOpenTime: number | undefined;
  readonly lastOpenTime: number | undefined;
  /** Share of the expected bars that is there, from 0 to 1. */
  readonly covered: number;
  readonly days: readonly DayCoverage[];
  readonly gaps: readonly Gap[];
  readonly revised: number;
  readonly repeated: number;
  /** From 0 to 1. */
  readonly zeroVolumeShare: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly outlierCount: number;
  /** The largest ones. */
  readonly outliers: readonly Outlier[];
  readonly copies: readonly Copy[];
  readonly findings: readonly Finding[];
}

export interface QualityReport {
  readonly series: readonly SeriesQuality[];
  /** Series that match, also those beyond the page. */
  readonly total: number;
  /** Names that were asked for and match no series. */
  readonly unknownSymbols: readonly string[];
  /** The last import of each file on this machine. */
  readonly files: readonly ImportRecord[];
}

/** Judges stored series: what is there, what is odd, and what training does about it. */
export async function assessQuality(
  request: QualityRequest,
  tools: QualityTools,
): Promise<QualityReport> {
  const { stores } = tools;
  const matching = (await stores.series.list({ venue: request.venue })).filter((series) =>
    isWanted(series, request),
  );
  const { limit = matching.length, offset = 0 } = request;
  const chosen = matching.slice(offset, offset + limit);
  const facts: SeriesFacts[] = [];
  for (const series of chosen) {
    tools.signal?.throwIfAborted();
    const { fromOpenTime } = request;
    const marketMs = tools.marketMsOf(series.venue);
    facts.push(await readFacts(series, stores, { fromOpenTime, marketMs }));
    tools.onSeries?.(facts.length, chosen.length);
  }
  const compared = await compareWithPeers(facts, stores);
  const copies = findCopies(
    compared.map(({ series, sums }) => ({
      id: series.id,
      symbol: series.symbol,
      group: `${series.venue} ${series.timeframe}`,
      sums,
    })),
  );
  return {
    series: compared.map((one) => toQuality(one, copies.get(one.series.id) ?? [])),
    total: matching.length,
    unknownSymbols: (request.symbols ?? []).filter(
      (name) => !matching.some((series) => isNamed(series, name)),
    ),
    files: tools.imports.filter(
      ({ venue }) => request.venue === undefined || request.venue === venue,
    ),
  };
}

function isWanted(series: Series, { symbols, timeframes }: QualityRequest): boolean {
  const isAsked = symbols?.some((name) => isNamed(series, name)) ?? true;
  return isAsked && (timeframes?.includes(series.timeframe) ?? true);
}

function isNamed({ symbol, marketId }: Series, name: string): boolean {
  return name === symbol || name === marketId;
}

function toQuality(facts: SeriesFacts, copies: readonly Copy[]): SeriesQuality {
  const { series, candles, coverage } = facts;
  return {
    venue: series.venue,
    symbol: series.symbol,
    marketId: series.marketId,
    timeframe: series.timeframe,
    candles,
    firstOpenTime: facts.firstOpenTime,
    lastOpenTime: facts.lastOpenTime,
    covered: coveredShare(coverage.days),
    days: coverage.days,
    gaps: coverage.gaps,
    revised: facts.revised,
    repeated: facts.repeated,
    zeroVolumeShare: candles === 0 ? 0 : facts.withoutVolume / candles,
    refused: facts.refused,
    outlierCount: facts.outlierCount,
    outliers: facts.outliers,
    copies,
    findings: findFindings(facts, copies),
  };
}
