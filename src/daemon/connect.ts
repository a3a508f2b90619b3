import type { DisposalStack } from '../lib/disposal.js';
import { TradingService } from '../trading/service/trading-service.js';
import { chooseInstruments } from './choose-instruments.js';
import { EventPublisher } from './event-publisher.js';
import { LiveInstruments } from './live-instruments.js';
import { toModuleOptions } from './module-options.js';
import type { Market } from './open-market.js';
import { findEntryFreeze, type Base, type Connected, type ReadPhase } from './phases.js';
import type { ReplaceableParts } from './replaceable-parts.js';

/** Bulk calls for prices that a held symbol may miss. */
const UNPRICED_AFTER_CALLS = 3;

export interface ConnectTools {
  readonly stack: DisposalStack;
  readonly parts: Pick<ReplaceableParts, 'createBroker'>;
  readonly readPhase: ReadPhase;
}

/** What needs the markets of the venue, which has answered: instruments, options, trading. */
export function connect(base: Base, market: Market, tools: ConnectTools): Connected {
  const { settings, stores, logger, place } = base;
  const { stack, parts, readPhase } = tools;
  const instruments = new LiveInstruments(chooseInstruments(settings, market.data));
  for (const reason of instruments.refused) logger.error(`Left out: ${reason}`);
  const options = toModuleOptions(settings, instruments, market);
  const publisher = stack.use(
    'event publisher',
    new EventPublisher({
      hub: base.events,
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
      broker: parts.createBroker(options.trading),
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
  return { ...base, market, instruments, options, publisher, trading };
}
