import { timeframeMs } from '../domain/timeframe.js';
import type { Outlier } from './outliers.js';
import type { QualityStores, SeriesFacts } from './series-facts.js';

/** Outliers of a series, and other series, that are compared. */
const OUTLIERS_COMPARED = 20;
const PEERS = 5;

/** Holds each outlier against the same bars of other symbols: what all of them do is the market. */
export async function compareWithPeers(
  facts: readonly SeriesFacts[],
  stores: QualityStores,
): Promise<readonly SeriesFacts[]> {
  const compared: SeriesFacts[] = [];
  for (const one of facts) {
    const peers = facts.filter((other) => isPeer(one, other)).slice(0, PEERS);
    const strongest = [...one.outliers]
      .sort((a, b) => Math.abs(b.size) - Math.abs(a.size))
      .slice(0, peers.length === 0 ? 0 : OUTLIERS_COMPARED);
    const sizes = new Map<Outlier, number | undefined>();
    for (const outlier of strongest) sizes.set(outlier, await sizeAt(outlier, peers, stores));
    const outliers = one.outliers.map((outlier) => ({ ...outlier, otherSize: sizes.get(outlier) }));
    compared.push({ ...one, outliers });
  }
  return compared;
}

function isPeer(one: SeriesFacts, other: SeriesFacts): boolean {
  const { venue, timeframe, id } = one.series;
  const { series, sums } = other;
  if (series.id === id || series.venue !== venue || series.timeframe !== timeframe) return false;
  // A copy of the series agrees with it in everything.
  return ![...sums].some(([month, sum]) => one.sums.get(month) === sum);
}

/** Median over the peers; undefined where none has both bars. */
async function sizeAt(
  { kind, openTime, size }: Outlier,
  peers: readonly SeriesFacts[],
  stores: QualityStores,
): Promise<number | undefined> {
  const sizes: number[] = [];
  for (const { series } of peers) {
    const fromOpenTime = openTime - timeframeMs(series.timeframe);
    const [before, at] = await stores.candles.read(series.id, {
      fromOpenTime,
      toOpenTime: openTime,
    });
    if (before === undefined || at?.openTime !== openTime) continue;
    const reached = kind === 'wick' ? (size > 0 ? at.high : at.low) : at.close;
    sizes.push(Math.log(reached / before.close));
  }
  sizes.sort((one, other) => one - other);
  return sizes[Math.floor(sizes.length / 2)];
}
