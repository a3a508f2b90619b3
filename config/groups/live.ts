import { choice, custom, flag, integer, number, optionalText, secret } from '../setting.js';

export const LIVE_SETTINGS = {
  EXCHANGE_API_KEY: secret({ help: 'Key of the account at the exchange; for live trading.' }),
  EXCHANGE_API_SECRET: secret({ help: 'Secret of that key, with which calls are signed.' }),
  EXCHANGE_API_PASSPHRASE: secret({ help: 'Passphrase of that key, at exchanges that have one.' }),
  EXCHANGE_API_UID: secret({ help: 'User id of that key, at exchanges that have one.' }),
  CONFIRM_LIVE: optionalText({
    help: 'The value of EXCHANGE once more: without it TRADING_MODE=live does not start.',
  }),
  LIVE_ACCOUNT: custom({
    default: 'auto',
    expected: 'auto, or up to 32 of a-z, 0-9, - and _, but not paper or collection',
    read: readBooksName,
    help: 'Name of the books of live trading: keep it when a key is replaced by another one of the same account. auto is a hash of the key.',
  }),
  ALLOW_WITHDRAWAL_KEYS: flag({
    default: false,
    help: 'Accept a key that may withdraw money.',
  }),
  MAX_SLIPPAGE_PCT: number({
    default: 0.2,
    min: 0,
    max: 10,
    unit: 'percent',
    help: 'How far above the ask a live purchase may go; what is not filled then is not bought.',
  }),
  EXIT_SLIPPAGE_PCT: number({
    default: 2,
    min: 0,
    max: 50,
    unit: 'percent',
    help: 'How far below the bid a live sale goes at first; what is left is sold at any price.',
  }),
  UNKNOWN_ORDER_SEC: integer({
    default: 60,
    min: 30,
    max: 3600,
    unit: 'seconds',
    clock: 'wall',
    help: 'An order without an answer is taken for never arrived once the exchange has said for that long that it does not know it.',
  }),
  STOP_ON_EXCHANGE: choice({
    default: 'auto',
    among: ['auto', 'off'],
    help: 'Whether the stop of a live position rests at the exchange, where it has stops. The daemon watches the price in any case.',
  }),
  RECONCILE_SEC: integer({
    default: 300,
    min: 10,
    max: 86_400,
    unit: 'seconds',
    clock: 'wall',
    help: 'Time between two comparisons of the books with the account at the exchange.',
  }),
} as const;

/** Names that the books of paper trading and the lease of collection have. */
const TAKEN_NAMES: readonly string[] = ['paper', 'collection'];

function readBooksName(value: string): string | undefined {
  const name = value.toLowerCase();
  return /^[\w-]{1,32}$/.test(name) && !TAKEN_NAMES.includes(name) ? name : undefined;
}
