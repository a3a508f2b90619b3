import { afterEach, beforeEach, expect, it } from 'vitest';
import { readSettings } from '../../config/read-settings.js';
import type { AccountAnswer } from '../../src/api/contract/account.js';
import type { DaemonPhase } from '../../src/daemon/phases.js';
import { accountView } from '../../src/daemon/views/account-view.js';
import type { FaultRule } from '../../src/demo/binance/faults.js';
import { messageOf } from '../../src/lib/errors.js';
import { buildApi, type ApiRig } from '../api/api-rig.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { newClientOrderId, openDemoOrders, requestOf, type DemoOrders } from './demo-orders.js';

let demo: DemoOrders;
let opened: TestDatabase;
let rig: ApiRig;
let wallMs = 1_000_000;

beforeEach(async () => {
  demo = await openDemoOrders();
  opened = await openTestDatabase();
  rig = await openApi({ TRADING_MODE: 'live' });
});
afterEach(async () => {
  await rig.server.close();
  await opened.database.close();
  await demo.stop();
});

async function openApi(environment: Record<string, string>): Promise<ApiRig> {
  const { settings } = readSettings({
    EXCHANGE_API_KEY: demo.keys.apiKey,
    EXCHANGE_API_SECRET: demo.keys.secret,
    ...environment,
  });
  const phase = {
    name: 'standby',
    settings,
    wallClock: { wallMs: () => wallMs },
    live: demo.venue,
    instruments: { primary: { symbol: 'BTC/USDT' } },
  } as unknown as DaemonPhase;
  return buildApi({ stores: opened.stores, readAccount: accountView(() => phase) });
}

async function ask(): Promise<{ status: number; text: string; answer: AccountAnswer }> {
  const host = { host: '127.0.0.1' };
  const { statusCode, body } = await rig.server.inject({ url: '/api/account', headers: host });
  return { status: statusCode, text: body, answer: JSON.parse(body) as AccountAnswer };
}

it('GET /api/account answers balances, fees and rights, and asks the venue again after a while', async () => {
  const { answer, text } = await ask();
  expect(answer).toMatchObject({
    mode: 'live',
    exchange: 'demo',
    balances: [{ currency: 'USDT', free: '10000', held_by_orders: '0' }],
    fees: { symbol: 'BTC/USDT', taker: '0.001' },
    rights: { trade: true, withdraw: false },
  });
  expect(answer.account).toMatch(/^[0-9a-f]{12}$/);
  expect(text).not.toContain(demo.keys.apiKey);
  await demo.venue.submit(requestOf());
  expect((await ask()).text).toBe(text);
  wallMs += 10_000;
  expect((await ask()).answer.balances.map(({ currency }) => currency)).toContain('BTC');
});

it('GET /api/account has no account to show on paper', async () => {
  await rig.server.close();
  rig = await openApi({ TRADING_MODE: 'paper' });
  expect((await ask()).answer).toMatchObject({ mode: 'paper', account: 'paper', balances: [] });
});

/** Everything that a venue may do to a call, some of it with what was sent in the answer. */
const FAULTS: readonly FaultRule['effect'][] = [
  { kind: 'reset' },
  { kind: 'html', status: 502 },
  { kind: 'not-json' },
  { kind: 'cut-body' },
];

it('key and secret appear in no answer, error or log of the account, whatever the venue does', async () => {
  const { apiKey, secret } = demo.keys;
  const echo = `signature=${'ab'.repeat(32)} key ${apiKey} and ${secret} are wrong`;
  const refusals = [-1022, -2014, -2015, -1000, -2010, -1013].map(
    (code) => ({ kind: 'refusal', status: 400, code, message: echo }) as const,
  );
  const seen: string[] = [];
  for (const effect of [...FAULTS, ...refusals]) {
    demo.running.demo.faults.clear();
    demo.running.demo.faults.add({ effect });
    wallMs += 10_000;
    seen.push((await ask()).text);
    seen.push(JSON.stringify(await demo.venue.submit(requestOf())));
    seen.push(JSON.stringify(await demo.venue.lookUp('BTC/USDT', newClientOrderId())));
    seen.push(JSON.stringify(await demo.venue.cancel('BTC/USDT', newClientOrderId())));
    const { venue } = demo;
    const reads = [() => venue.balances(), () => venue.openOrders(), () => venue.rights()];
    for (const read of reads) {
      const error = await read().then(
        () => undefined,
        (failure: unknown) => failure,
      );
      seen.push(wholeText(error));
    }
  }
  const text = [...seen, ...rig.logger.lines].join('\n');
  expect(text.length).toBeGreaterThan(5_000);
  expect(text).not.toContain(apiKey);
  expect(text).not.toContain(secret);
  expect(text).not.toContain('ab'.repeat(32));
});

/** Message, stack and causes, as a crash prints them. */
function wholeText(error: unknown): string {
  if (!(error instanceof Error)) return messageOf(error);
  return `${error.message}\n${error.stack ?? ''}\n${wholeText(error.cause)}`;
}
