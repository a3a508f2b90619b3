import { describe, expect, it } from 'vitest';
import { Money } from '../../domain/money.js';
import type { Fill } from '../../domain/trade.js';
import {
  buildOrder,
  buildPosition,
  buildQuote,
  CLOSE,
} from '../../../test/trading/build-trading.js';
import { Books } from './books.js';
import { QuoteBoard } from './quote-board.js';

const key = { venue: 'test', account: 'paper' };

function open(initialEquity: string, fillsCash = '0'): Books {
  return new Books(key, new Money(initialEquity), new Money(fillsCash));
}

function board(...quotes: ReturnType<typeof buildQuote>[]): QuoteBoard {
  const quotesBoard = new QuoteBoard();
  quotesBoard.update(quotes);
  return quotesBoard;
}

function buildFill(side: 'buy' | 'sell', price: string): Fill {
  return {
    ...key,
    uid: `fill-${side}`,
    orderUid: 'order-1',
    symbol: 'BTC/USDT',
    side,
    price: new Money(price),
    sizeBase: new Money('0.3'),
    feeQuote: new Money('0.01'),
    fee: undefined,
    venueTradeId: undefined,
    filledAt: CLOSE,
  };
}

describe('Books', () => {
  it('count cash exactly where floating point would not', () => {
    const books = open('10000', '-0.3');
    books.apply(buildFill('buy', '0.1'));
    books.apply(buildFill('sell', '0.2'));
    // 10000 − 0.3 − (0.03 + 0.01) + (0.06 − 0.01)
    expect(books.cash.toString()).toBe('9999.71');
  });

  it('value what is held at the bid, else at what was paid, and what is being bought at nothing', () => {
    const held = buildPosition();
    const unquoted = buildPosition({ symbol: 'ETH/USDT', sizeBase: new Money(2) });
    const opening = buildPosition({ symbol: 'SOL/USDT', status: 'opening', entryPrice: undefined });
    const quotes = board(buildQuote({ bid: '110', ask: '111' }));
    const point = open('5000').valueAt(CLOSE, [held, unquoted, opening], quotes);
    expect(point.positionsValue.toString()).toBe('1300');
    expect(point.equity.toString()).toBe('6300');
    expect(point).toMatchObject({ venue: 'test', account: 'paper', at: CLOSE });
  });

  it('keep back what waiting purchases will cost at the newest ask', () => {
    const orders = [buildOrder(), buildOrder({ uid: 'order-2', side: 'sell' })];
    const free = open('5000').freeCash(orders, board(buildQuote()), new Money('0.001'));
    expect(free.toString()).toBe('3998.8999');
  });

  it('free no cash while a waiting purchase has no price', () => {
    expect(open('5000').freeCash([buildOrder()], board(), new Money('0.001')).isZero()).toBe(true);
  });
});

describe('QuoteBoard', () => {
  it('keeps the newest quote', () => {
    const quotes = board(buildQuote({ bid: '90' }), buildQuote({ bid: '80', venueTime: CLOSE }));
    expect(quotes.find('BTC/USDT')?.bid).toBe('90');
  });

  it.each([
    ['without a bid', { bid: '0' }],
    ['crossed', { bid: '101', ask: '100' }],
    ['that are no numbers', { bid: 'NaN', ask: 'NaN' }],
    ['without an end', { ask: 'Infinity' }],
  ])('refuses prices %s', (_, prices) => {
    expect(board(buildQuote(prices)).find('BTC/USDT')).toBeUndefined();
  });

  it('calls a quote fresh up to an age', () => {
    const quotes = board(buildQuote());
    expect(quotes.findFresh('BTC/USDT', CLOSE + 61_000, 60_000)).toBeDefined();
    expect(quotes.findFresh('BTC/USDT', CLOSE + 61_001, 60_000)).toBeUndefined();
  });
});
