import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSettings, type Environment } from '../../config/read-settings.js';
import { checkLive, type LiveFinding, type LiveReport } from '../../src/commands/live-check.js';
import { ensureKeys, type DemoKeys } from '../../src/demo/account/keys.js';
import type { FaultRule } from '../../src/demo/binance/faults.js';
import { demoFolder } from '../../src/demo/market/run-state.js';
import { Money } from '../../src/domain/money.js';
import { CcxtMarketData } from '../../src/exchange/ccxt-market-data.js';
import { SystemClock } from '../../src/lib/clock.js';
import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { openDemoOrders, requestOf, type DemoOrders } from './demo-orders.js';

const SYMBOL = 'BTC/USDT';

let demo: DemoOrders;
let data: CcxtMarketData | undefined;
beforeEach(async () => {
  demo = await openDemoOrders();
});
afterEach(async () => {
  await data?.stop();
  await demo.stop();
});

interface Run {
  readonly environment?: Environment;
  readonly keys?: Partial<DemoKeys>;
  /** How far the venue is ahead of this machine. */
  readonly skewMs?: number;
}

async function check({ environment, keys = {}, skewMs = 0 }: Run = {}): Promise<LiveReport> {
  const { settings } = readSettings({ SYMBOLS: SYMBOL, ...environment });
  const account = await demo.connect(keys);
  const venueMs = (): number => demo.running.demo.marketMs();
  const clock = new SystemClock();
  clock.wallMs = () => venueMs() - skewMs;
  data = new CcxtMarketData({
    exchangeId: 'binance',
    baseUrl: demo.running.baseUrl,
    clock,
    logger: SILENT_LOGGER,
    requestSpacingMs: 1,
    retry: { initialDelayMs: 1 },
    monotonicMs: venueMs,
  });
  await data.start(new AbortController().signal);
  await data.fetchVenueTime();
  const instruments = [data.resolveSymbol(SYMBOL)];
  return checkLive({ settings, data, account, instruments, refused: [] });
}

function find({ findings }: LiveReport, name: string): LiveFinding | undefined {
  return findings.find((one) => one.name === name);
}

function fault(rule: FaultRule): void {
  demo.running.demo.faults.add(rule);
}

describe('live:check', () => {
  it('finds a healthy account ready, and sends no order', async () => {
    const report = await check({ environment: { CONFIRM_LIVE: 'demo' } });
    expect(report.findings.filter(({ status }) => status !== 'ok')).toEqual([]);
    expect(find(report, 'trial order')?.text).toMatch(/would take a purchase of 0\.\d+ BTC/);
    expect((await demo.venue.openOrders()).orders).toEqual([]);
    expect(await demo.venue.fillsSince(SYMBOL, 0 + demo.running.demo.marketMs() - 1_000)).toEqual(
      [],
    );
  });

  it.each<[string, Partial<DemoKeys>, RegExp]>([
    ['an unknown key', { apiKey: 'x'.repeat(64) }, /-2015.*wrong or expired.*EXCHANGE_API_KEY/],
    ['a secret of another key', { secret: 'f'.repeat(64) }, /-1022.*EXCHANGE_API_SECRET does not/],
  ])('says of %s what to do', async (_, keys, text) => {
    const report = await check({ keys });
    expect(find(report, 'key')).toMatchObject({
      status: 'failed',
      text: expect.stringMatching(text) as unknown,
    });
    expect(report.isUnanswered).toBe(false);
    expect(JSON.stringify(report)).not.toContain(keys.secret ?? 'x'.repeat(64));
    expect(find(report, 'trial order')).toBeUndefined();
  });

  it('refuses a key that may only read', async () => {
    ensureKeys(demoFolder(demo.folder), { rights: ['read'] });
    const report = await check();
    const text: unknown = expect.stringMatching(/only read: allow spot trading/);
    expect(find(report, 'rights')).toMatchObject({ status: 'failed', text });
  });

  it('refuses a key that may withdraw, unless that is accepted', async () => {
    ensureKeys(demoFolder(demo.folder), { rights: ['read', 'trade', 'withdraw'] });
    const text: unknown = expect.stringMatching(/withdraw.*ALLOW_WITHDRAWAL_KEYS=true/);
    expect(find(await check(), 'rights')).toMatchObject({ status: 'failed', text });
    const accepted = await check({ environment: { ALLOW_WITHDRAWAL_KEYS: 'true' } });
    expect(find(accepted, 'rights')?.status).toBe('warning');
  });

  it('refuses an account that may not trade spot, whatever its key may', async () => {
    fault({ path: '/api/v3/account', effect: { kind: 'trading-locked' } });
    expect(find(await check(), 'rights')).toMatchObject({ status: 'failed' });
  });

  it.each([
    [60_000, 'failed'],
    [-60_000, 'failed'],
    [2_500, 'warning'],
    [40, 'ok'],
  ])('calls a clock that is %i ms off %s', async (skewMs, status) => {
    const clock = find(await check({ skewMs }), 'clock');
    expect(clock?.status).toBe(status);
    if (status !== 'ok') expect(clock?.text).toMatch(/timedatectl set-ntp true/);
  });

  it('says that the venue does not answer while it is in maintenance', async () => {
    fault({ path: '/api/v3/account', effect: { kind: 'html', status: 503 } });
    const report = await check();
    expect(report.isUnanswered).toBe(true);
    expect(find(report, 'key')?.text).toMatch(/503.*maintenance/);
  });

  it('names a symbol that is suspended', async () => {
    const changed = { kind: 'pair-changed', symbol: 'BTCUSDT', isSuspended: true } as const;
    fault({ effect: changed });
    const report = await check();
    expect(find(report, SYMBOL)?.text).toMatch(/suspended or delisted: take it out of SYMBOLS/);
    expect(find(report, 'trial order')).toMatchObject({ status: 'failed' });
  });

  it('says what open orders hold, and which fee the settings get wrong', async () => {
    const stop = requestOf({ kind: 'stop', stopPrice: new Money(990_000) });
    expect(await demo.venue.submit(stop)).toMatchObject({ status: 'accepted' });
    const report = await check({ environment: { FEE_RATE: '0.002' } });
    expect(find(report, 'balances')?.text).toMatch(/USDT \(9900 more are held by open orders\)/);
    expect(find(report, 'fees')).toMatchObject({ status: 'warning' });
    expect(find(report, 'fees')?.text).toMatch(/FEE_RATE=0.002.*set 0.001/);
  });
});

describe('filters that change overnight', () => {
  it('are read again after the first order that they refuse', async () => {
    const changed = { kind: 'pair-changed', symbol: 'BTCUSDT', stepSize: '0.00100000' } as const;
    fault({ effect: changed });
    const order = { sizeBase: new Money('0.0105') };
    expect(await demo.venue.submit(requestOf(order))).toMatchObject({
      status: 'rejected',
      code: '-1013',
    });
    await expect
      .poll(() => demo.venue.rulesOf(SYMBOL).sizeStep?.toFixed(), { interval: 5 })
      .toBe('0.001');
    expect(await demo.venue.submit(requestOf(order))).toMatchObject({ code: 'not-sent' });
  });
});
