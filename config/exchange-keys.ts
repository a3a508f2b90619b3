import { ConfigError } from '../src/lib/errors.js';
import type { Settings } from './settings.js';

export interface ExchangeKeys {
  readonly apiKey: string;
  readonly secret: string;
  readonly passphrase: string | undefined;
  readonly uid: string | undefined;
}

/**
 * The account's key at the exchange.
 * @throws ConfigError naming what is missing or malformed, never showing a value
 */
export function readExchangeKeys(settings: Settings): ExchangeKeys {
  const apiKey = toKeyText('EXCHANGE_API_KEY', settings.exchangeApiKey);
  const secret = toKeyText('EXCHANGE_API_SECRET', settings.exchangeApiSecret);
  if (apiKey === undefined || secret === undefined) {
    const missing = [
      ...(apiKey === undefined ? ['EXCHANGE_API_KEY'] : []),
      ...(secret === undefined ? ['EXCHANGE_API_SECRET'] : []),
    ];
    const hint =
      settings.exchange === 'demo' ? '; npm run demo:account prints those of the demo' : '';
    throw new ConfigError(
      `${missing.join(' and ')} missing; give the value, or a file that holds it as ${missing[0]}_FILE${hint}`,
    );
  }
  return {
    apiKey,
    secret,
    passphrase: toKeyText('EXCHANGE_API_PASSPHRASE', settings.exchangeApiPassphrase),
    uid: toKeyText('EXCHANGE_API_UID', settings.exchangeApiUid),
  };
}

/** A PEM is kept in one line of an environment file, with `\n` for its line ends. */
function toKeyText(name: string, text = ''): string | undefined {
  const value = text.trim();
  if (value === '') return undefined;
  if (value.includes('-----BEGIN')) return value.replaceAll('\\n', '\n');
  if (!/[\s\uFEFF]/.test(value)) return value;
  throw new ConfigError(`${name} holds a space or a line end; expected the value alone`);
}
