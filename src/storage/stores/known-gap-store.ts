import { timeframeMs } from '../../domain/timeframe.js';
import type { Clock } from '../../lib/clock.js';
import { assertDefined } from '../../lib/invariant.js';
import type { Database } from '../database/database.js';
import type { Row } from '../connection/row.js';
import { SeriesStore } from './series-store.js';

/** Stretches of bars that a venue is known not to have. */
export class KnownGapStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Adds ranges, joining those that touch. A bar that is already known keeps its reason. */
  async add(seriesId: number, gaps: readonly KnownGap[]): Promise<void> {
    if (gaps.length === 0) return;
    await this.#database.transaction(async (tx) => {
      const series = await new SeriesStore(tx, this.#clock).findById(seriesId);
      const stepMs = timeframeMs(assertDefined(series, `series ${seriesId}`).timeframe);
      const from = Math.min(...gaps.map((gap) => gap.fromOpenTime)) - stepMs;
      const to = Math.max(...gaps.map((gap) => gap.toOpenTime)) + stepMs;
      const near = await select(tx, seriesId, { from, to });
      await this.#replace(tx, { seriesId, near, merged: mergeGaps(near, gaps, stepMs) });
    });
  }

  /** Ascending; those that overlap the bounds, where bounds are given. */
  list(
    seriesId: number,
    range: { readonly from?: number; readonly to?: number } = {},
  ): Promise<readonly KnownGap[]> {
    return select(this.#database, seriesId, range);
  }

  /**
   * Forgets bars after that open time: what was noted of a time that has not come yet is not known.
   *
   * @returns how many ranges reached beyond it
   */
  forgetAfter(seriesId: number, openTime: number): Promise<number> {
    return this.#database.transaction(async (tx) => {
      const near = await select(tx, seriesId, { from: openTime + 1 });
      const merged = near
        .filter((gap) => gap.fromOpenTime <= openTime)
        .map((gap) => ({ ...gap, toOpenTime: openTime }));
      await this.#replace(tx, { seriesId, near, merged });
      return near.length;
    });
  }

  async has(seriesId: number, openTime: number): Promise<boolean> {
    const found = await this.list(seriesId, { from: openTime, to: openTime });
    return found.length > 0;
  }

  /** Notes that the venue was asked for these gaps again. */
  async noteAsked(seriesId: number, gaps: readonly KnownGap[], marketMs: number): Promise<void> {
    for (const { fromOpenTime } of gaps) {
      await this.#database.run((knex) =>
        knex('known_gaps')
          .where({ series_id: seriesId, from_open_time: fromOpenTime })
          .update({ asked_at: marketMs, row_version: knex.raw('row_version + 1') }),
      );
    }
  }

  /** Forgets bars that the venue has after all. */
  async remove(seriesId: number, openTimes: readonly number[]): Promise<void> {
    if (openTimes.length === 0) return;
    await this.#database.transaction(async (tx) => {
      const series = await new SeriesStore(tx, this.#clock).findById(seriesId);
      const stepMs = timeframeMs(assertDefined(series, `series ${seriesId}`).timeframe);
      const near = await select(tx, seriesId, {
        from: Math.min(...openTimes),
        to: Math.max(...openTimes),
      });
      const found = openTimes.map((openTime): KnownGap => {
        return { fromOpenTime: openTime, toOpenTime: openTime, reason: 'missing' };
      });
      const merged = near.flatMap((gap) => uncovered(gap, found, stepMs));
      await this.#replace(tx, { seriesId, near, merged });
    });
  }

  async #replace(
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
          series_id: seriesId,
          from_open_time: gap.fromOpenTime,
          to_open_time: gap.toOpenTime,
          reason: gap.reason,
          noted_at: gap.notedAt ?? null,
          asked_at: gap.askedAt ?? null,
          row_version: 1,
          created_at: this.#clock.wallMs(),
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
    return query.select<Row[]>('from_open_time', 'to_open_time', 'reason', 'noted_at', 'asked_at');
  });
  return rows.map((row) => ({
    fromOpenTime: Number(row['from_open_time']),
    toOpenTime: Number(row['to_open_time']),
    reason: row['reason'] === 'empty' ? 'empty' : 'missing',
    notedAt: optionalTime(row['noted_at']),
    askedAt: optionalTime(row['asked_at']),
  }));
}

function optionalTime(value: unknown): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}

function isEqual(one: KnownGap, other: KnownGap): boolean {
  return (
    one.fromOpenTime === other.fromOpenTime &&
    one.toOpenTime === other.toOpenTime &&
    one.reason === other.reason &&
    one.notedAt === other.notedAt &&
    one.askedAt === other.askedAt
  );
}

/** Bars, first and last included, that a venue does not have. */
export interface KnownGap {
  readonly fromOpenTime: number;
  readonly toOpenTime: number;
  /** `empty`: nothing was traded. `missing`: the venue was asked again and has no bar. */
  readonly reason: 'empty' | 'missing';
  /** Market time at which the venue was last found to lack these bars. */
  readonly notedAt?: number | undefined;
  /** Market time of the newest question for them after that. */
  readonly askedAt?: number | undefined;
}

/**
 * The ranges that `known` and `added` cover together, ascending and disjoint. Ranges of one reason
 * that touch become one; where both reasons claim a bar, the one that was known first stands.
 *
 * @param stepMs length of a bar
 */
export function mergeGaps(
  known: readonly KnownGap[],
  added: readonly KnownGap[],
  stepMs: number,
): readonly KnownGap[] {
  let merged: KnownGap[] = [...known];
  for (const gap of added) {
    const foreign = merged.filter((other) => other.reason !== gap.reason);
    merged = [...merged, ...uncovered(gap, foreign, stepMs)];
  }
  return join(merged, stepMs);
}

/** What `gap` covers beyond the `others`. */
function uncovered(gap: KnownGap, others: readonly KnownGap[], stepMs: number): KnownGap[] {
  let pieces: KnownGap[] = [gap];
  for (const other of others) {
    pieces = pieces.flatMap((piece) => [
      { ...piece, toOpenTime: Math.min(piece.toOpenTime, other.fromOpenTime - stepMs) },
      { ...piece, fromOpenTime: Math.max(piece.fromOpenTime, other.toOpenTime + stepMs) },
    ]);
    pieces = pieces.filter((piece) => piece.fromOpenTime <= piece.toOpenTime);
  }
  return pieces;
}

function join(gaps: readonly KnownGap[], stepMs: number): readonly KnownGap[] {
  const sorted = [...gaps].sort((one, other) => one.fromOpenTime - other.fromOpenTime);
  const joined: KnownGap[] = [];
  for (const gap of sorted) {
    const last = joined.at(-1);
    const touches = last?.reason === gap.reason && gap.fromOpenTime <= last.toOpenTime + stepMs;
    if (last === undefined || !touches) joined.push(gap);
    else
      joined[joined.length - 1] = {
        ...last,
        toOpenTime: Math.max(last.toOpenTime, gap.toOpenTime),
        notedAt: latest(last.notedAt, gap.notedAt),
        askedAt: latest(last.askedAt, gap.askedAt),
      };
  }
  return joined;
}

function latest(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined) return other;
  return other === undefined ? one : Math.max(one, other);
}
