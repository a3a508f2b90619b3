import { createHash } from 'node:crypto';
import { readExchangeKeys, type ExchangeKeys } from '../../config/exchange-keys.js';
import type { Settings } from '../../config/settings.js';
import { Money } from '../domain/money.js';
import { CcxtOrderVenue } from '../exchange/orders/ccxt-order-venue.js';
import { findRightsFault } from '../exchange/orders/key-rights.js';
import { getVenueEntry } from '../exchange/orders/venue-table.js';
import type { Clock } from '../lib/clock.js';
import type { DisposalStack } from '../lib/disposal.js';
import { ConfigError, TransientError } from '../lib/errors.js';
import { growingPauseMs } from '../lib/growing-pause.js';
import type { Logger } from '../lib/logger.js';
import type { LiveRules } from '../trading/live/live-rules.js';
import type { Account } from '../trading/service/trading-options.js';
import type { TradingRules } from '../trading/trading-rules.js';
import type { Market } from './open-market.js';

export const PAPER_ACCOUNT = 'paper';
/** Of the hash of a key that names the account. */
const ACCOUNT_DIGITS = 12;
const RETRY = { firstMs: 1_000, longestMs: 60_000 } as const;

/**
 * Whether these settings may trade with money, before anything is opened.
 *
 * @throws ConfigError naming what is missing
 */
export function assertMayTrade(settings: Settings): void {
  if (settings.tradingMode !== 'live') return;
  const { exchange, confirmLive } = settings;
  getVenueEntry(exchange);
  if (confirmLive !== exchange) {
    const given = confirmLive === undefined ? 'is missing' : `is "${confirmLive}"`;
    throw new ConfigError(
      `CONFIRM_LIVE ${given}; TRADING_MODE=live trades with money at ${exchange}: ` +
        `set CONFIRM_LIVE=${exchange} to say so, or leave TRADING_MODE out`,
    );
  }
  readExchangeKeys(settings);
}

/** Whose books are kept: `paper`, `LIVE_ACCOUNT`, or a hash of the key. */
export function accountOf(settings: Settings): string {
  const { tradingMode, liveAccount } = settings;
  if (tradingMode !== 'live') return PAPER_ACCOUNT;
  return liveAccount === 'auto' ? accountOfKey(settings) : liveAccount;
}

/** What the books of this key are called by themselves. */
export function accountOfKey(settings: Settings): string {
  const { apiKey } = readExchangeKeys(settings);
  return createHash('sha256').update(apiKey).digest('hex').slice(0, ACCOUNT_DIGITS);
}

interface LiveTools {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stack: DisposalStack;
  /** Aborts when the daemon begins to stop. */
  readonly stopping: AbortSignal;
}

/**
 * Orders to the account of the settings; undefined on paper. Waits while the exchange does not answer.
 *
 * @throws ConfigError for a key that the exchange refuses
 */
export async function openLive(
  settings: Settings,
  market: Market,
  tools: LiveTools,
): Promise<CcxtOrderVenue | undefined> {
  if (settings.tradingMode !== 'live') return undefined;
  const keys: ExchangeKeys = readExchangeKeys(settings);
  const venue = new CcxtOrderVenue({
    exchangeId: settings.exchange,
    baseUrl: market.baseUrl,
    keys,
    clock: market.data.clock,
  });
  tools.stack.use('orders', venue);
  await startWhenItAnswers(venue, tools);
  await assertRights(venue, settings, tools, market.data.clock.marketMs());
  tools.logger.warn('Live trading: orders go out with real money', {
    exchange: settings.exchange,
    account: accountOf(settings),
  });
  return venue;
}

export function toLiveRules(settings: Settings, trading: TradingRules): LiveRules {
  return {
    maxSlippagePct: settings.maxSlippagePct,
    exitSlippagePct: settings.exitSlippagePct,
    unknownOrderMs: settings.unknownOrderSec * 1_000,
    areStopsAtExchange: settings.stopOnExchange === 'auto',
    trading,
  };
}

/** What trading compares its books with. */
export function toAccount(
  venue: CcxtOrderVenue,
  { reconcileSec }: Settings,
  { currency }: TradingRules,
): Account {
  return {
    venue,
    reconcileEveryMs: reconcileSec * 1_000,
    readEquity: async () => {
      const balance = (await venue.balances()).get(currency);
      return balance === undefined ? new Money(0) : balance.free.plus(balance.used);
    },
  };
}

/** @throws ConfigError for a key that may not trade, or may do more than is needed */
async function assertRights(
  venue: CcxtOrderVenue,
  { allowWithdrawalKeys }: Settings,
  { logger }: LiveTools,
  nowMs: number,
): Promise<void> {
  const rights = await venue.rights().catch((error: unknown) => {
    logger.warn('What the key may do could not be read: npm run live:check looks again', { error });
    return undefined;
  });
  const fault = rights && findRightsFault(rights, { nowMs, allowWithdrawalKeys });
  if (fault !== undefined) throw new ConfigError(`The key in EXCHANGE_API_KEY ${fault}`);
}

async function startWhenItAnswers(
  venue: CcxtOrderVenue,
  { clock, logger, stopping }: LiveTools,
): Promise<void> {
  for (let failures = 1; !stopping.aborted; failures++) {
    try {
      await venue.start();
      // The key is tried before anything is decided.
      await venue.balances();
      return;
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      logger.warn('The account cannot be read yet', { error });
    }
    await clock.sleep(growingPauseMs(failures, RETRY), stopping).catch(() => undefined);
  }
}
