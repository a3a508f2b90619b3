import type { Position } from '../../domain/trade.js';
import type { Recorded } from './recorded.js';
import type { Replayed } from './replay.js';
import type { TakeOver } from './take-over.js';

export interface Said {
  readonly action: string;
  readonly reason: string;
}

/** A decision, or the trade that came of one, that the replay does not repeat. */
export interface ParityDifference {
  readonly symbol: string;
  /** ISO 8601 UTC. */
  readonly candle_open_time: string;
  readonly what: 'decision' | 'trade';
  readonly recorded: Said;
  readonly replayed: Said;
}

export interface ParityReport {
  readonly decisions: number;
  /** Made before the replay takes over. */
  readonly notCompared: number;
  readonly trades: number;
  /** In the order in which they were decided: the later ones may follow from the first. */
  readonly differences: readonly ParityDifference[];
}

interface Scope {
  /** Open times of candles, both included. */
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  readonly takeOver: TakeOver | undefined;
}

/**
 * Decision by decision, and trade by trade: what was recorded beside what the tick says now. Of what was decided before
 * the replay takes over, trades are compared that went on then.
 */
export function compareDecisions(
  { decisions, positions }: Recorded,
  replayed: Replayed,
  { fromMs = -Infinity, toMs = Infinity, takeOver }: Scope,
): ParityReport {
  const asked = decisions.filter(
    ({ signal: { candleOpenTime } }) => candleOpenTime >= fromMs && candleOpenTime <= toMs,
  );
  const positionOf = new Map(positions.map((position) => [position.decisionUid, position]));
  const differences: ParityDifference[] = [];
  const carried = new Set(takeOver?.carried.map(({ position }) => position.uid));
  let [trades, notCompared] = [0, 0];
  for (const one of asked) {
    const { decision, signal } = one;
    const now = replayed.decisions.get(signal.uid);
    const position = positionOf.get(decision.uid);
    const isEarlier = takeOver?.earlier.has(one) === true;
    if (isEarlier) notCompared += 1;
    if (isEarlier && (position === undefined || !carried.has(position.uid))) continue;
    if (position !== undefined) trades += 1;
    // That of an earlier decision is the recorded one on both sides.
    const pairs = [
      ['decision', said(decision), said(now)],
      ['trade', tradeOf(position), tradeOf(replayed.positions.get(signal.uid))],
    ] as const;
    for (const [what, before, after] of pairs) {
      if (before.action === after.action && before.reason === after.reason) continue;
      const candleOpenTime = new Date(signal.candleOpenTime).toISOString();
      const place = { symbol: signal.symbol, candle_open_time: candleOpenTime };
      differences.push({ ...place, what, recorded: before, replayed: after });
    }
  }
  return { decisions: asked.length - notCompared, notCompared, trades, differences };
}

function said(decision: Said | undefined): Said {
  if (decision === undefined) return { action: 'none', reason: 'not decided' };
  return { action: decision.action, reason: decision.reason };
}

/** What a trade was, in words that are equal where the trades are. */
function tradeOf(position: Position | undefined): Said {
  if (position === undefined) return { action: 'none', reason: 'no position' };
  const { status, sizeBase, entryPrice, exitPrice, exitReason, closedAt, openedAt } = position;
  const bought = `${sizeBase.toFixed()} at ${entryPrice?.toFixed() ?? 'no price'}, ${iso(openedAt)}`;
  if (exitPrice === undefined) return { action: status, reason: bought };
  const sold = `sold at ${exitPrice.toFixed()} (${exitReason ?? 'no reason'}), ${iso(closedAt)}`;
  return { action: status, reason: `${bought}; ${sold}` };
}

function iso(timeMs: number | undefined): string {
  return timeMs === undefined ? 'no time' : new Date(timeMs).toISOString();
}
