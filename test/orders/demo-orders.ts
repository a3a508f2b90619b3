import { ensureKeys, type DemoKeys } from '../../src/demo/account/keys.js';
import type { DemoSettings } from '../../src/demo/demo-server.js';
import { demoFolder } from '../../src/demo/market/run-state.js';
import { Money } from '../../src/domain/money.js';
import { CcxtOrderVenue } from '../../src/exchange/orders/ccxt-order-venue.js';
import type { OrderRequest } from '../../src/exchange/orders/order-venue.js';
import type { MarketClock } from '../../src/exchange/venue-clock.js';
import { runDemoIn, temporaryFolder, type RunningDemo } from '../demo/demo-fixture.js';

const START_MS = Date.UTC(2024, 2, 4, 10, 24, 10);

export interface DemoOrders {
  readonly running: RunningDemo;
  readonly keys: DemoKeys;
  readonly folder: string;
  readonly venue: CcxtOrderVenue;
  /** Another connection to the same account. */
  connect(changes?: Partial<DemoKeys>): Promise<CcxtOrderVenue>;
  stop(): Promise<void>;
}

/** The demo exchange's real server over a manual clock, and orders to it. */
export async function openDemoOrders(settings: Partial<DemoSettings> = {}): Promise<DemoOrders> {
  const { folder, remove } = temporaryFolder();
  const keys = ensureKeys(demoFolder(folder), { balances: { USDT: '10000' } });
  const running = await runDemoIn(folder, { start: START_MS, seed: 3, ...settings });
  const venues: CcxtOrderVenue[] = [];
  const connect = async (changes: Partial<DemoKeys> = {}): Promise<CcxtOrderVenue> => {
    const venue = new CcxtOrderVenue({
      exchangeId: 'demo',
      baseUrl: running.baseUrl,
      keys: { apiKey: keys.apiKey, secret: keys.secret, ...changes },
      clock: demoClock(running),
      timeoutMs: 1_500,
      retry: { initialDelayMs: 1 },
    });
    venues.push(venue);
    await venue.start();
    return venue;
  };
  const venue = await connect();
  return {
    running,
    keys,
    folder,
    venue,
    connect,
    stop: async () => {
      for (const one of venues) one.stop();
      await running.stop();
      remove();
    },
  };
}

/** Market time as the demo has it; waits are over at once. */
export function demoClock(running: RunningDemo): MarketClock {
  const marketMs = (): number => running.demo.marketMs();
  return {
    speed: 1,
    skewMs: 0,
    isVenueTime: true,
    marketMs,
    certainMarketMs: marketMs,
    latestMarketMs: marketMs,
    wallMs: () => Date.now(),
    wallMsUntil: () => 0,
    sleep: () => Promise.resolve(),
  };
}

let counter = 0;

/** A client id in the one form that every venue takes. */
export function newClientOrderId(): string {
  return `e${String(++counter).padStart(17, '0')}`;
}

/** A purchase of 0.01 BTC at the market, but for what is given. */
export function requestOf(changes: Partial<OrderRequest> = {}): OrderRequest {
  return {
    clientOrderId: newClientOrderId(),
    symbol: 'BTC/USDT',
    side: 'buy',
    kind: 'market',
    sizeBase: new Money('0.01'),
    ...changes,
  };
}
