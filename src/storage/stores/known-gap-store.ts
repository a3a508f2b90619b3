import { timeframeMs } from '../../domain/timeframe.js';
import type { Clock } from '../../lib/clock.js';
import { assertDefined } from '../../lib/invariant.js';
import type { Database } from '../database/database.js';
import { mergeGaps, type KnownGap } from './merge-gaps.js';
import type { Row } from '../engine/row.js';
import { SeriesStore } from './series-store.js';

/** Stretches of bars that a venue is known not to have. */
export class KnownGapStore {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Adds ranges, joining those that touch. A bar that is already known keeps its reason. */
  async add(seriesId: number, gaps: readonly KnownGap[]): Promise<void> {
    if (gaps.length === 0) return;
    await this.database.transaction(async (tx) => {
      const series = await new SeriesStore(tx, this.clock).findById(seriesId);
      const stepMs = timeframeMs(assertDefined(series, `series ${seriesId}`).timeframe);
      const from = Math.min(...gaps.map((gap) => gap.fromOpenTime)) - stepMs;
      const to = Math.max(...gaps.map((gap) => gap.toOpenTime)) + stepMs;
      const near = await select(tx, seriesId, { from, to });
      await this.replace(tx, { seriesId, near, merged: mergeGaps(near, gaps, stepMs) });
    });
  }

  /** Ascending; those that overlap the bounds, where bounds are given. */
  list(
    seriesId: number,
    range: { readonly from?: number; readonly to?: number } = {},
  ): Promise<readonly KnownGap[]> {
    return select(this.database, seriesId, range);
  }

  /**
   * Forgets bars after that open time: what was noted of a time that has not come yet is not known.
   *
   * @returns how many ranges reached beyond it
   */
  forgetAfter(seriesId: number, openTime: number): Promise<number> {
    return this.database.transaction(async (tx) => {
      const near = await select(tx, seriesId, { from: openTime + 1 });
      const merged = near
        .filter((gap) => gap.fromOpenTime <= openTime)
        .map((gap) => ({ ...gap, toOpenTime: openTime }));
      await this.replace(tx, { seriesId, near, merged });
      return near.length;
    });
  }

  async has(seriesId: number, openTime: number): Promise<boolean> {
    const found = await this.list(seriesId, { from: openTime, to: openTime });
    return found.length > 0;
  }

  private async replace(
    tx: Database,
    change: { seriesId: number; near: readonly KnownGap[]; merged: readonly KnownGap[] },
  ): Promise<void> {
    const { seriesId, near, merged } = change;
    const obsolete = near.filter((gap) => !merged.some((other) => isEqual(gap, other)));
    const added = merged.filter((gap) => !near.some((other) => isEqual(gap, other)));
    for (const gap of obsolete) {
      await tx.run((knex) =>
        knex('known_gaps')
          .where({ series_id: seriesId, from_open_time: gap.fromOpenTime })
          .delete(),
      );
    }
    for (const gap of added) {
      await tx.run((knex) =>
        knex('known_gaps').insert({
          ...{ series_id: seriesId, from_open_time: gap.fromOpenTime },
          ...{ to_open_time: gap.toOpenTime, reason: gap.reason },
          ...{ row_version: 1, created_at: this.clock.wallMs() },
        }),
      );
    }
  }
}

async function select(
  database: Database,
  seriesId: number,
  range: { readonly from?: number; readonly to?: number },
): Promise<readonly KnownGap[]> {
  const rows = await database.run((knex) => {
    const query = knex('known_gaps').where('series_id', seriesId).orderBy('from_open_time');
    if (range.from !== undefined) void query.where('to_open_time', '>=', range.from);
    if (range.to !== undefined) void query.where('from_open_time', '<=', range.to);
    return query.select<Row[]>('from_open_time', 'to_open_time', 'reason');
  });
  return rows.map((row) => ({
    fromOpenTime: Number(row['from_open_time']),
    toOpenTime: Number(row['to_open_time']),
    reason: row['reason'] === 'empty' ? 'empty' : 'missing',
  }));
}

function isEqual(one: KnownGap, other: KnownGap): boolean {
  return (
    one.fromOpenTime === other.fromOpenTime &&
    one.toOpenTime === other.toOpenTime &&
    one.reason === other.reason
  );
}
