import { expect, it } from 'vitest';
import {
  BAR,
  buildPosition,
  buildRules,
  buildSignal,
  CLOSE,
  HOUR,
} from '../../../test/trading/build-trading.js';
import { Money } from '../../domain/money.js';
import type { Position } from '../../domain/trade.js';
import { findHeldThen } from './held-then.js';
import type { RecordedDecision } from './recorded.js';

const HORIZON = 4;

/** The decision on the candle that many bars after the first one. */
function decision(bars: number, action: 'open' | 'keep', prediction: 'BUY' | 'HOLD' = 'BUY') {
  const candleOpenTime = BAR + bars * HOUR;
  const signal = buildSignal({ candleOpenTime, prediction });
  const { venue, symbol, timeframe, bot } = signal;
  return {
    ...{ signal, horizonBars: HORIZON, candle: undefined },
    decision: {
      ...{ uid: action === 'open' ? 'decision-1' : `keep-${bars}`, signalUid: signal.uid },
      ...{ venue, symbol, timeframe, bot, candleOpenTime, action, reason: '', isAdvisory: false },
      positionUid: 'position-1',
      decidedAt: candleOpenTime + HOUR,
      quotesAt: undefined,
      createdAt: candleOpenTime + HOUR,
    },
  } satisfies RecordedDecision;
}

/** Opened on the first candle, affirmed on the third: held until four bars after that. */
const DECISIONS = [decision(0, 'open'), decision(1, 'keep', 'HOLD'), decision(2, 'keep')];
const HELD_UNTIL = CLOSE + (2 + HORIZON) * HOUR;

function heldThen(
  changes: Partial<Position>,
  { earlier = 2, maxHoldBars = 'auto' }: { earlier?: number; maxHoldBars?: 'auto' | number } = {},
): Position | undefined {
  const position = buildPosition({ holdUntil: HELD_UNTIL, ...changes });
  return findHeldThen(position, {
    decisions: DECISIONS,
    earlier: DECISIONS.slice(0, earlier),
    rulesAt: () => buildRules({ maxHoldBars }),
    beforeMs: CLOSE + 2 * HOUR,
  });
}

it('the holding time is that of the decisions of before', () => {
  expect(heldThen({})?.holdUntil).toBe(CLOSE + HORIZON * HOUR);
  expect(heldThen({}, { earlier: 3 })?.holdUntil).toBe(HELD_UNTIL);
});

it('a fixed holding time is not prolonged by what affirmed the position', () => {
  const holdUntil = CLOSE + 9 * HOUR;
  expect(heldThen({ holdUntil }, { earlier: 3, maxHoldBars: 9 })?.holdUntil).toBe(holdUntil);
  expect(heldThen({ holdUntil: undefined }, { maxHoldBars: 0 })).toMatchObject({
    holdUntil: undefined,
    status: 'open',
  });
});

it('a position whose holding time does not follow from its decisions is not known', () => {
  expect(heldThen({ holdUntil: HELD_UNTIL + 1 })).toBeUndefined();
  // The decision that opened it came later.
  expect(heldThen({}, { earlier: 0 })).toBeUndefined();
});

it('a trailing stop is there where it was raised before, and not where it was raised later', () => {
  const trailingPrice = new Money(99);
  const [before, later] = [CLOSE + HOUR, CLOSE + 2 * HOUR];
  expect(heldThen({ trailingPrice, trailingAt: before })).toMatchObject({
    trailingPrice,
    trailingAt: before,
  });
  expect(heldThen({ trailingPrice, trailingAt: later })).toMatchObject({
    trailingPrice: undefined,
    trailingAt: undefined,
  });
});

it('one that was sold later is open, with the stop and target that it was bought with', () => {
  const sold = {
    ...({ status: 'closed', exitReason: 'stop_loss', exitPrice: new Money(97) } as const),
    ...{ realizedPnl: new Money(-30), closedAt: CLOSE + 5 * HOUR, soldBase: new Money(10) },
  };
  const [stopPrice, targetPrice] = [new Money(97), new Money(108)];
  expect(heldThen({ ...sold, stopPrice, targetPrice })).toEqual(
    buildPosition({ stopPrice, targetPrice, holdUntil: CLOSE + HORIZON * HOUR }),
  );
});

it('one of which a part is sold, at a time that is not stored, is not known', () => {
  expect(heldThen({ soldBase: new Money(4) })).toBeUndefined();
});
