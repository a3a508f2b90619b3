import type { AccountStore } from '../../storage/stores/account-store.js';
import type { PositionStore } from '../../storage/stores/position-store.js';
import type { BookKey } from '../../domain/trade.js';
import { ConfigError } from '../../lib/errors.js';
import type { TradingRules } from '../trading-rules.js';

export interface BookStores {
  readonly accounts: Pick<AccountStore, 'list'>;
  readonly positions: Pick<PositionStore, 'listOpen'>;
}

/**
 * The books that trading goes on with. Books are kept in one currency. The first ones of an account
 * carry its plain name; books in another currency begin beside them as `paper-USDC`, so that amounts of
 * two currencies are never added up.
 *
 * @throws ConfigError while books in another currency hold something that nothing would guard
 */
export async function chooseBooks(stores: BookStores, rules: TradingRules): Promise<BookKey> {
  const { venue, account, currency } = rules;
  const all = await stores.accounts.list(venue);
  const own = all.filter((one) => one.account === account || isSibling(one.account, account));
  for (const other of own.filter((one) => one.currency !== currency)) {
    const held = await stores.positions.listOpen({ venue, account: other.account });
    if (held.length > 0) throw heldInAnotherCurrency(held, { from: other.currency, to: currency });
  }
  const known = own.find((one) => one.currency === currency);
  if (known !== undefined) return { venue, account: known.account };
  return { venue, account: own.length === 0 ? account : `${account}-${currency}` };
}

function isSibling(name: string, account: string): boolean {
  return name.startsWith(`${account}-`);
}

function heldInAnotherCurrency(
  held: readonly { readonly symbol: string }[],
  { from, to }: { readonly from: string; readonly to: string },
): ConfigError {
  const symbols = held.map(({ symbol }) => symbol).join(', ');
  return new ConfigError(
    `PRIMARY_SYMBOL is quoted in ${to}, but the books in ${from} still hold ${symbols}. ` +
      `Set PRIMARY_SYMBOL to a symbol quoted in ${from} until they are closed; ` +
      `after that new books begin in ${to}`,
  );
}
