import { describe, expect, it } from 'vitest';
import { Money } from '../../domain/money.js';
import type { Order } from '../../domain/trade.js';
import {
  buildOrder,
  buildQuote,
  buildRules,
  CLOSE,
  HOUR,
} from '../../../test/trading/build-trading.js';
import type { Market } from './broker.js';
import { PaperBroker } from './paper-broker.js';

const broker = new PaperBroker(buildRules());

function ask(order: Order, market: Partial<Market>): ReturnType<PaperBroker['execute']> {
  const nowMs = CLOSE + 1_000;
  return broker.execute(order, {
    nowMs,
    quote: undefined,
    cash: new Money(10_000),
    seen: undefined,
    isNew: true,
    entryFreeze: undefined,
    heldBase: undefined,
    ...market,
  });
}

describe('PaperBroker', () => {
  it('buys at the ask and charges the fee on the traded value', async () => {
    const answer = await ask(buildOrder(), { quote: buildQuote() });
    const execution = {
      price: new Money('100.01'),
      sizeBase: new Money(10),
      feeQuote: new Money('1.0001'),
      fee: undefined,
      venueTradeId: undefined,
      filledAt: CLOSE + 1_000,
    };
    expect(answer).toEqual({ status: 'filled', fills: [execution] });
  });

  it('sells at the bid', async () => {
    const answer = await ask(buildOrder({ side: 'sell' }), { quote: buildQuote() });
    expect(answer).toMatchObject({ fills: [{ price: new Money('99.99') }] });
  });

  it.each(['buy', 'sell'] as const)(
    'waits for a quote from after the decision to %s',
    async (side) => {
      const order = buildOrder({ side, intendedAt: CLOSE + 1_000 });
      expect(await ask(order, { quote: buildQuote() })).toEqual({ status: 'waiting' });
      expect(await ask(order, {})).toEqual({ status: 'waiting' });
    },
  );

  it('gives a purchase up that met no quote within the decision lag', async () => {
    const nowMs = CLOSE + 500 + HOUR / 2 + 1;
    const reason = 'no quote within 1800 s of the decision';
    expect(await ask(buildOrder(), { nowMs })).toEqual({ status: 'rejected', reason });
    const quote = buildQuote({ venueTime: nowMs });
    expect(await ask(buildOrder(), { nowMs, quote })).toEqual({ status: 'rejected', reason });
  });

  it('never gives a sale up', async () => {
    const nowMs = CLOSE + 1_000 * HOUR;
    const order = buildOrder({ side: 'sell' });
    expect(await ask(order, { nowMs })).toEqual({ status: 'waiting' });
    const quote = buildQuote({ venueTime: nowMs });
    expect(await ask(order, { nowMs, quote })).toMatchObject({ status: 'filled' });
  });

  it('does not spend what is not there', async () => {
    const enough = new Money('1001.1001');
    const market = { quote: buildQuote() };
    expect(await ask(buildOrder(), { ...market, cash: enough })).toMatchObject({
      status: 'filled',
    });
    expect(await ask(buildOrder(), { ...market, cash: enough.minus('0.0001') })).toEqual({
      status: 'rejected',
      reason: 'not enough cash: 1001.10 at an ask of 100.01',
    });
  });

  it('fills at the level that the market was seen to meet, not at the quote', async () => {
    const seen = { price: new Money(97), at: CLOSE + HOUR };
    const answer = await ask(buildOrder({ side: 'sell' }), { quote: buildQuote(), seen });
    expect(answer).toMatchObject({ fills: [{ price: new Money(97), filledAt: CLOSE + HOUR }] });
  });

  it('rounds a fee up, never down', async () => {
    const order = buildOrder({ sizeBase: new Money('0.0000000001') });
    const answer = await ask(order, { quote: buildQuote({ ask: '100.0101', bid: '99' }) });
    // 1e-10 × 100.0101 × 0.001 = 0.00000000001000101
    expect(answer).toMatchObject({ fills: [{ feeQuote: new Money('0.000000000011') }] });
  });
});
