import type { VenueEntry } from './venue-entry.js';
import { VENUE_TABLE } from './venue-table.js';

/** The text of `docs/venues.md`. */
export function documentVenues(): string {
  return [HEADER, ...table(), '', ...VENUE_TABLE.flatMap(describe)].join('\n').trimEnd() + '\n';
}

const HEADER = `# Venues for live trading

Candles and prices come from any exchange that ccxt knows. **Orders go only to the venues below**: of these is known how
an order carries our client id, how it is found by that id when its answer was lost, and which of the venue's refusals
are certain. Any other is refused for \`TRADING_MODE=live\`, and trades on paper.

A refusal that is not listed as certain leaves the outcome *unknown*: the order is looked up until the venue says what
became of it. \`EXCHANGE=demo\` speaks Binance's dialect. What each venue is sent is tested against a server on this machine
that answers in the venue's documented form; **no venue was asked with a real account**, so begin with the smallest amount.

\`npm run live:check\` says whether key, rights, clock and rules are in order, and sends no order.

This page is generated from \`src/exchange/orders/\`: \`npm run docs\`.
`;

function table(): string[] {
  const rows = VENUE_TABLE.map(({ exchangeId, abilities, credentials, readRights }) => [
    `\`${exchangeId}\``,
    credentials.map((name) => `\`${VARIABLES[name]}\``).join(', '),
    abilities.iocLimit ? 'yes' : 'no',
    abilities.marketPurchases ? 'yes' : 'no',
    { none: 'no', limit: 'with a limit', 'limit-or-market': 'yes' }[abilities.stops],
    abilities.trialOrders ? 'yes' : 'no',
    readRights === undefined ? 'no' : 'yes',
  ]);
  const head = ['EXCHANGE', 'key', 'IOC', 'market purchase', 'stop rests', 'trial order', 'rights'];
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}

const VARIABLES = {
  apiKey: 'EXCHANGE_API_KEY',
  secret: 'EXCHANGE_API_SECRET',
  passphrase: 'EXCHANGE_API_PASSPHRASE',
  uid: 'EXCHANGE_API_UID',
} as const;

function describe(entry: VenueEntry): string[] {
  const { exchangeId, places, meanings, fillPages, rehearsal, remarks } = entry;
  const days = fillPages.windowMs / 86_400_000;
  const certain = meanings.filter(({ means }) => means === 'rejected');
  return [
    `## ${exchangeId}`,
    '',
    `- **An unknown outcome is looked up by** ${places.map(({ name }) => name).join(', then ')}.`,
    `- **Fills** are read ${days === 1 ? 'a day' : `${days} days`} at a time, at most ${fillPages.limit} in an answer.`,
    `- **Rehearsal:** ${rehearsal}.`,
    ...remarks.map((remark) => `- ${remark}`),
    '',
    '| certain refusal | codes |',
    '| --- | --- |',
    ...certain.map(
      ({ why, codes }) => `| ${why} | ${codes.map((code) => `\`${code}\``).join(' ')} |`,
    ),
    '',
  ];
}
