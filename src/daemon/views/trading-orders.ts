import type { TradingOrders } from '../../api/context/api-context.js';
import { ApiError } from '../../api/http/answer-errors.js';
import type { Collector } from '../../collection/collector.js';
import type { Clock } from '../../lib/clock.js';
import type { TradingService } from '../../trading/service/trading-service.js';
import type { DaemonPhase, ReadPhase } from '../phases.js';

/** Prices may have been seen before an order was made: it fills at a later one. */
const SALE_ATTEMPTS = 5;
const SALE_POLL_MS = 1_000;

/** What a person may order of trading. A halt and its end are stored also on a daemon that stands by. */
export function tradingOrders(readPhase: ReadPhase): TradingOrders {
  return {
    halt: async (order) => {
      const phase = getTrading(readPhase());
      await phase.trading.control.halt(order);
      if (order.isCloseAll) await awaitSales(phase, () => phase.trading.unsold().length === 0);
      return answerOf(phase.trading);
    },
    resume: async (author) => {
      const { trading } = getTrading(readPhase());
      await trading.control.resume(author);
      return answerOf(trading);
    },
    closePosition: async (uid, author) => {
      const phase = getTrading(readPhase());
      const { trading } = phase;
      const isSold = (): boolean => !trading.unsold().some((one) => one.uid === uid);
      const { status, reason } = await trading.control.closePosition(uid, author);
      if (status !== 'done') return { status, reason };
      await awaitSales(phase, isSold);
      return { status, unsold: trading.unsold().find((one) => one.uid === uid) };
    },
  };
}

function answerOf(trading: TradingService): Awaited<ReturnType<TradingOrders['halt']>> {
  return { halt: trading.status().halt, unsold: trading.unsold() };
}

type TradingPhase = Extract<DaemonPhase, { readonly trading: TradingService }>;

function getTrading(phase: DaemonPhase): TradingPhase {
  if ('trading' in phase && !phase.stopping.aborted) return phase;
  const message = 'This daemon does not trade yet: create the file HALT_FILE, or try again';
  throw new ApiError(503, 'not_trading', message);
}

/** Fetches prices, so that a sale need not wait for the next cycle, and waits a few seconds for it. */
async function awaitSales(
  phase: TradingPhase & { readonly wallClock: Clock; readonly collector?: Collector },
  isDone: () => boolean,
): Promise<void> {
  const { wallClock, stopping, collector } = phase;
  for (let attempt = 0; attempt < SALE_ATTEMPTS && !isDone(); attempt++) {
    // Where the venue does not answer, the sale waits, and the answer says so.
    await collector?.quotes.refresh(undefined, stopping).catch(() => undefined);
    if (isDone() || stopping.aborted) return;
    await wallClock.sleep(SALE_POLL_MS, stopping).catch(() => undefined);
  }
}
