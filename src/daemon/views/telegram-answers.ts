import { heldBaseOf } from '../../domain/trade.js';
import type { Health } from '../../monitoring/health.js';
import type { CommandHandler } from '../../notifications/telegram-commands.js';
import { stopLevelAt } from '../../trading/positions/trailing-stop.js';
import { describePhase, type Connected, type DaemonPhase, type ReadPhase } from '../phases.js';
import { tradingOrders } from './trading-orders.js';

const AUTHOR = 'telegram';
const MAX_FINDINGS = 5;

/** What the commands of a chat do. */
export function telegramAnswers(
  readPhase: ReadPhase,
  readHealth: () => Promise<Health>,
): CommandHandler {
  const orders = tradingOrders(readPhase);
  return {
    status: async () => statusText(readPhase(), await readHealth()),
    positions: () => positionsText(readPhase()),
    halt: async (reason) => {
      const given = reason === '' ? 'asked for by Telegram' : reason;
      await orders.halt({ reason: given, author: AUTHOR, isCloseAll: false });
      return `Halted: no position is opened until /resume. Exits go on. Reason: ${given}`;
    },
    resume: async () => {
      const { halt } = await orders.resume(AUTHOR);
      if (halt === undefined) return 'Resumed.';
      return `Resumed, but entries are still frozen: ${halt.reason}`;
    },
    why: (symbol) => whyText(readPhase(), symbol),
  };
}

function statusText(phase: DaemonPhase, { status, findings }: Health): string {
  const lines = [`${describePhase(phase)}, health ${status}`];
  if ('trading' in phase) {
    const { books, currency, openPositions, account, halt } = phase.trading.status();
    const equity = books === undefined ? 'unknown' : `${books.equity.toFixed(2)} ${currency}`;
    lines.push(`${account}: equity ${equity}, ${openPositions} open positions`);
    if (halt !== undefined) lines.push(`Halted: ${halt.reason}`);
  }
  const shown = findings.filter(({ isExpected }) => !isExpected).slice(0, MAX_FINDINGS);
  lines.push(...shown.map(({ message, fix }) => `- ${message}; ${fix}`));
  return lines.join('\n');
}

async function positionsText(phase: DaemonPhase): Promise<string> {
  if (!('trading' in phase)) return NOT_YET;
  const { stores, market, trading } = phase;
  const { account, currency } = trading.status();
  const open = await stores.positions.listOpen({ venue: market.data.venue, account });
  if (open.length === 0) return 'Nothing is held.';
  return open
    .map((position) => {
      const { symbol, status, sizeBase, entryPrice, targetPrice } = position;
      const stop = stopLevelAt(position, Infinity);
      const size = entryPrice === undefined ? sizeBase : heldBaseOf(position);
      const levels = [
        entryPrice === undefined ? '' : `bought at ${entryPrice.toString()} ${currency}`,
        stop === undefined ? '' : `stop ${stop.price.toString()}`,
        targetPrice === undefined ? '' : `target ${targetPrice.toString()}`,
      ].filter((part) => part !== '');
      return `${symbol} ${size.toString()} (${status}): ${levels.join(', ')}`;
    })
    .join('\n');
}

/** The newest decision on a symbol, by any of its names. */
async function whyText(phase: DaemonPhase, asked: string): Promise<string> {
  if (!('trading' in phase)) return NOT_YET;
  const symbol = findSymbol(phase, asked);
  if (symbol === undefined) {
    const known = phase.instruments.all.map((one) => one.symbol).slice(0, 20);
    return `${asked} is not followed. Known: ${known.join(', ')}`;
  }
  const { venue } = phase.market.data;
  const { timeframe, bot } = phase.trading.status();
  const filter = { venue, symbol, timeframe, bot };
  const { rows } = await phase.stores.decisions.list(filter, { limit: 1, offset: 0 });
  const [newest] = rows;
  if (newest === undefined) return `There is no decision on ${symbol} yet.`;
  const candle = new Date(newest.candleOpenTime).toISOString().slice(0, 16).replace('T', ' ');
  return `${symbol}: ${newest.action}, because ${newest.reason} (candle of ${candle} UTC)`;
}

function findSymbol({ instruments }: Connected, asked: string): string | undefined {
  const wanted = plain(asked);
  const found = instruments.all.find(({ symbol, marketId }) =>
    [symbol, marketId, symbol.split('/')[0] ?? ''].some((name) => plain(name) === wanted),
  );
  return found?.symbol;
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}

const NOT_YET = 'The daemon does not trade yet: it starts, or its venue does not answer.';
