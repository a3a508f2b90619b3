import type { Random } from '../../src/lib/seeded-random.js';
import type { ResolvedSignal } from '../../src/signals/signal-stores.js';
import { aModelSignal } from '../storage/rows.js';
import { gaussian } from '../gaussian.js';

/** Probabilities of one prediction. */
export type Row = readonly [sell: number, hold: number, buy: number];
export const PRIOR: Row = [1 / 3, 1 / 3, 1 / 3];
const HORIZON_BARS = 4;

/** What a model said of consecutive bars, and what came: 0 SELL, 1 HOLD, 2 BUY. */
export interface Predictions {
  readonly rows: readonly Row[];
  readonly labels: readonly number[];
}

/**
 * A model that knows a little, and classes by terciles of the sum of the next four moves: neighbours share
 * most of their outcome.
 */
export function weakPredictions(random: Random, count: number): Predictions {
  const moves = Array.from({ length: count + HORIZON_BARS }, () => gaussian(random));
  const rows: Row[] = [];
  const labels: number[] = [];
  for (let at = 0; at < count; at++) {
    const sum = moves.slice(at, at + HORIZON_BARS).reduce((total, move) => total + move, 0);
    const score = sum / Math.sqrt(HORIZON_BARS);
    labels.push(score < -0.43 ? 0 : score > 0.43 ? 2 : 1);
    // It sees a tenth of what comes, and much noise.
    const tilt = 0.03 * score + 0.1 * gaussian(random);
    rows.push([1 / 3 - tilt / 3, 1 / 3, 1 / 3 + tilt / 3]);
  }
  return { rows, labels };
}

/** The same as stored signals of consecutive hours, with their outcomes. */
export function toSignals({ rows, labels }: Predictions): ResolvedSignal[] {
  return rows.map((probabilities, at) => ({
    ...aModelSignal({ probabilities, candleOpenTime: 3_600_000 * at }),
    outcome: {
      signalUid: String(at),
      outcomeReturn: 0,
      outcomeClass: (['SELL', 'HOLD', 'BUY'] as const)[labels[at] ?? 0] ?? 'HOLD',
      resolvedAt: 0,
    },
  }));
}
