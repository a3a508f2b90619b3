import type { DisposalStack } from '../lib/disposal.js';
import type { CcxtOrderVenue } from '../exchange/orders/ccxt-order-venue.js';
import type { Broker } from '../trading/broker/broker.js';
import { LiveBroker } from '../trading/live/live-broker.js';
import type { BrokerTools } from '../trading/service/trading-options.js';
import { TradingService } from '../trading/service/trading-service.js';
import type { TradingRules } from '../trading/trading-rules.js';
import { chooseInstruments } from './choose-instruments.js';
import { EventPublisher } from './event-publisher.js';
import { LiveInstruments } from './live-instruments.js';
import { toModuleOptions } from './module-options.js';
import { toAccount, toLiveRules } from './open-live.js';
import type { Market } from './open-market.js';
import { findEntryFreeze, type Base, type Connected, type ReadPhase } from './phases.js';
import type { ReplaceableParts } from './replaceable-parts.js';

/** Bulk calls for prices that a held symbol may miss. */
const UNPRICED_AFTER_CALLS = 3;

export interface ConnectTools {
  readonly stack: DisposalStack;
  readonly parts: Pick<ReplaceableParts, 'createBroker'>;
  /** Orders to an account; undefined on paper. */
  readonly live: CcxtOrderVenue | undefined;
  readonly readPhase: ReadPhase;
}

/** What needs the markets of the venue, which has answered: instruments, options, trading. */
export function connect(base: Base, market: Market, tools: ConnectTools): Connected {
  const { settings, stores, logger, place } = base;
  const { stack, parts, readPhase, live } = tools;
  const instruments = new LiveInstruments(chooseInstruments(settings, market.data));
  for (const reason of instruments.refused) logger.error(`Left out: ${reason}`);
  const options = toModuleOptions(settings, instruments, market);
  const publisher = stack.use(
    'event publisher',
    new EventPublisher({
      hub: base.events,
      activity: base.activity,
      instruments,
      clock: base.wallClock,
      logger,
      findSessions: () => {
        const phase = readPhase();
        return phase.name === 'active' ? phase.training.sessions : undefined;
      },
    }),
  );
  const trading = stack.use(
    'trading',
    new TradingService({
      rules: options.trading,
      stores,
      createBroker: (brokerTools) =>
        createBroker(options.trading, base, { parts, live, brokerTools }),
      account: live === undefined ? undefined : toAccount(live, settings, options.trading),
      clock: market.data.clock,
      logger,
      holder: place,
      findInstrument: (symbol) => instruments.find(symbol),
      findEntryFreeze: () => findEntryFreeze(base),
      haltFile: settings.haltFile,
      unpricedAfterMs: UNPRICED_AFTER_CALLS * settings.analysisIntervalSec * 1000,
      onStored: (entry) => publisher.ledgerEntry(entry),
    }),
  );
  return { ...base, market, instruments, options, publisher, trading, live };
}

function createBroker(
  trading: TradingRules,
  { settings, wallClock, logger }: Base,
  tools: Pick<ConnectTools, 'parts' | 'live'> & { readonly brokerTools: BrokerTools },
): Broker {
  const { parts, live, brokerTools } = tools;
  if (live === undefined) return parts.createBroker(trading);
  const { mayTrade, findPrice } = brokerTools;
  const rules = toLiveRules(settings, trading);
  return new LiveBroker({ venue: live, rules, clock: wallClock, logger, mayTrade, findPrice });
}
