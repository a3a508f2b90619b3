import type { Settings } from '../../config/settings.js';
import { startDemoProcess } from '../demo/demo-process.js';
import { CcxtMarketData } from '../exchange/ccxt-market-data.js';
import type { MarketData } from '../exchange/market-data.js';
import type { Clock } from '../lib/clock.js';
import type { DisposalStack } from '../lib/disposal.js';
import type { Logger } from '../lib/logger.js';
import type { TurnSource } from '../lib/turns.js';

/** Where candles and prices come from. Opening it asks for nothing yet. */
export interface Market {
  readonly data: MarketData;
  readonly isDemo: boolean;
  /** What scheme and host of its addresses are replaced by. */
  readonly baseUrl: string | undefined;
  /** Market milliseconds in one of wall time: 1 outside the demo. */
  readonly speed: number;
}

interface Tools {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stack: DisposalStack;
  /** In which answers are parsed. Default: the next ones. */
  readonly turns?: TurnSource;
}

/** The demo answers from this machine, so its requests need no spacing. */
const DEMO_REQUEST_SPACING_MS = 1;

/** The exchange of the settings. The demo is a process of its own, read like any other venue. */
export async function openMarket(settings: Settings, tools: Tools): Promise<Market> {
  const { clock, logger, stack, ...turns } = tools;
  if (settings.exchange !== 'demo') {
    const baseUrl = settings.exchangeBaseUrl;
    const options = { exchangeId: settings.exchange, clock, logger, ...turns };
    const data = new CcxtMarketData({ ...options, ...(baseUrl === undefined ? {} : { baseUrl }) });
    return { data: stack.use('exchange', data), isDemo: false, baseUrl, speed: 1 };
  }
  const { demoData, demoSeed, demoSpeed, demoStart, dataDir } = settings;
  const demo = await startDemoProcess({
    dataDir,
    data: demoData,
    seed: demoSeed,
    start: demoStart,
    speed: demoSpeed,
    logger: logger.child({ module: 'demo' }),
  });
  stack.use('demo exchange', demo);
  logger.info('Demo exchange: profits here mean nothing', { venue: demo.venue, speed: demoSpeed });
  const data = new CcxtMarketData({
    exchangeId: 'binance',
    baseUrl: demo.baseUrl,
    venue: demo.venue,
    speed: demoSpeed,
    requestSpacingMs: DEMO_REQUEST_SPACING_MS,
    clock,
    logger,
    ...turns,
  });
  const { baseUrl } = demo;
  return { data: stack.use('exchange', data), isDemo: true, baseUrl, speed: demoSpeed };
}
