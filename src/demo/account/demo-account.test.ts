import { mkdtempSync, rmSync, truncateSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Decimal } from 'decimal.js';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Money } from '../../domain/money.js';
import { BinanceRefusal } from '../dialect/binance-refusal.js';
import { GeneratedSource } from '../generator/generated-source.js';
import { Market } from '../market/market.js';
import { DemoAccount } from './demo-account.js';
import { statusOf, type OrderRequest, type OrderType } from './demo-order.js';
import { Journal } from './journal.js';

const START_MS = Date.UTC(2024, 2, 4, 10);
const MINUTE_MS = 60_000;
const SYMBOLS = ['BTCUSDT', 'ETHUSDT'] as const;
const DEPOSITS = { USDT: '10000', BTC: '0.2' };

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-demo-account-'));
  file = path.join(folder, 'account.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const market = new Market(new GeneratedSource({ seed: '3' }));

function open(): DemoAccount {
  const account = new DemoAccount(market, new Journal(file));
  account.deposit(DEPOSITS);
  return account;
}

interface Step {
  readonly waitMin: number;
  readonly symbol: (typeof SYMBOLS)[number];
  readonly side: 'BUY' | 'SELL';
  readonly type: OrderType;
  readonly steps: number;
  readonly offPct: number;
  readonly isCancel: boolean;
}

const STEPS = fc.array(
  fc.record<Step>({
    waitMin: fc.integer({ min: 0, max: 600 }),
    symbol: fc.constantFrom(...SYMBOLS),
    side: fc.constantFrom('BUY', 'SELL'),
    type: fc.constantFrom('LIMIT', 'LIMIT_MAKER', 'MARKET', 'STOP_LOSS', 'STOP_LOSS_LIMIT'),
    steps: fc.integer({ min: 50, max: 4_000 }),
    offPct: fc.integer({ min: -3, max: 3 }),
    isCancel: fc.boolean(),
  }),
  { minLength: 5, maxLength: 25 },
);

function toRequest(step: Step, nowMs: number, id: number): OrderRequest {
  const { symbol, side, type, steps, offPct } = step;
  const instrument = market.findInstrument(symbol, nowMs);
  if (instrument === undefined) throw new Error(symbol);
  const { priceDecimals, quantityDecimals } = instrument;
  const last = market.priceAt(instrument, nowMs);
  const price = new Money(last * (1 + offPct / 100)).toFixed(priceDecimals);
  return {
    symbol,
    side,
    type,
    clientOrderId: `t-${id}`,
    quantity: new Money(steps).times(new Money(10).pow(-quantityDecimals)).toString(),
    quoteOrderQty: undefined,
    price: type === 'MARKET' || type === 'STOP_LOSS' ? undefined : price,
    stopPrice: type.startsWith('STOP') ? price : undefined,
    timeInForce: steps % 3 === 0 ? 'IOC' : 'GTC',
  };
}

/** Carries the steps out; refusals are part of a venue's life. */
function play(account: DemoAccount, steps: readonly Step[]): number {
  let nowMs = START_MS;
  steps.forEach((step, index) => {
    nowMs += step.waitMin * MINUTE_MS;
    account.advance(nowMs);
    try {
      const [oldest] = account.openOrders();
      if (step.isCancel && oldest !== undefined) account.cancel(oldest, nowMs);
      else account.place(toRequest(step, nowMs, index), nowMs);
    } catch (error) {
      if (!(error instanceof BinanceRefusal)) throw error;
    }
  });
  return nowMs;
}

/** Balances by the orders' own fills: deposits, plus what was received, less what was paid. */
function totalsByFills(account: DemoAccount): Map<string, Money> {
  const totals = new Map<string, Money>();
  const add = (asset: string, amount: Decimal.Value): void => {
    totals.set(asset, (totals.get(asset) ?? new Money(0)).plus(amount));
  };
  for (const [asset, amount] of Object.entries(DEPOSITS)) add(asset, amount);
  for (const { placed, fills } of account.orders()) {
    const base = placed.symbol.replace('USDT', '');
    const sign = placed.side === 'BUY' ? 1 : -1;
    for (const { price, quantity, commission, commissionAsset } of fills) {
      add(base, new Money(quantity).times(sign));
      add('USDT', new Money(quantity).times(price).times(-sign));
      add(commissionAsset, new Money(commission).neg());
    }
  }
  return totals;
}

describe('the books of the demo account', () => {
  it('equal the sum of its fills to the last digit, whatever is ordered', () => {
    let fills = 0;
    fc.assert(
      fc.property(STEPS, (steps) => {
        rmSync(file, { force: true });
        const account = open();
        play(account, steps);
        const totals = totalsByFills(account);
        for (const { asset, free, locked } of account.balances()) {
          expect(free.isNegative() || locked.isNegative()).toBe(false);
          expect(free.plus(locked).toString()).toBe((totals.get(asset) ?? 0).toString());
        }
        for (const order of account.orders()) {
          fills += order.fills.length;
          const filled = order.fills.reduce((sum, fill) => sum.plus(fill.quantity), new Money(0));
          expect(filled.lte(order.placed.origQty)).toBe(true);
          expect(statusOf(order) === 'FILLED').toBe(filled.eq(order.placed.origQty));
        }
      }),
      { seed: 7, numRuns: 40 },
    );
    expect(fills).toBeGreaterThan(100);
  });

  it('hold nothing back once no order is open', () => {
    fc.assert(
      fc.property(STEPS, (steps) => {
        rmSync(file, { force: true });
        const account = open();
        const nowMs = play(account, steps);
        for (const order of account.openOrders()) account.cancel(order, nowMs);
        expect(account.balances().every(({ locked }) => locked.isZero())).toBe(true);
      }),
      { seed: 8, numRuns: 20 },
    );
  });

  it('are the same after a restart, and whether or not somebody asked in between', () => {
    fc.assert(
      fc.property(STEPS, (steps) => {
        rmSync(file, { force: true });
        const account = open();
        const nowMs = play(account, steps) + 600 * MINUTE_MS;
        for (let at = nowMs - 600 * MINUTE_MS; at <= nowMs; at += 7 * MINUTE_MS)
          account.advance(at);
        account.advance(nowMs);
        const restarted = open();
        expect(restarted.orders()).toEqual(account.orders());
        rmSync(file);
        const seldom = open();
        play(seldom, steps);
        seldom.advance(nowMs);
        expect(seldom.balances()).toEqual(account.balances());
      }),
      { seed: 9, numRuns: 20 },
    );
  });

  it('lose an order whose line was cut in the middle of writing, and nothing else', () => {
    const account = open();
    const first = { ...toRequest(aStep(), START_MS, 1) };
    account.place(first, START_MS);
    const whole = statSync(file).size;
    account.place(toRequest(aStep(), START_MS, 2), START_MS);
    truncateSync(file, whole + 20);
    const restarted = open();
    expect(restarted.orders()).toHaveLength(1);
    expect(statSync(file).size).toBe(whole);
    restarted.place(toRequest(aStep(), START_MS, 3), START_MS);
    expect(open().orders()).toHaveLength(2);
  });
});

function aStep(): Step {
  return {
    waitMin: 0,
    symbol: 'BTCUSDT',
    side: 'BUY',
    type: 'MARKET',
    steps: 500,
    offPct: 0,
    isCancel: false,
  };
}
