import { flag, optionalText, secret } from '../setting.js';

export const LIVE_SETTINGS = {
  EXCHANGE_API_KEY: secret({ help: 'Key of the account at the exchange; for live trading.' }),
  EXCHANGE_API_SECRET: secret({ help: 'Secret of that key, with which calls are signed.' }),
  EXCHANGE_API_PASSPHRASE: secret({ help: 'Passphrase of that key, at exchanges that have one.' }),
  EXCHANGE_API_UID: secret({ help: 'User id of that key, at exchanges that have one.' }),
  CONFIRM_LIVE: optionalText({
    help: 'The value of EXCHANGE once more: without it TRADING_MODE=live does not start.',
  }),
  ALLOW_WITHDRAWAL_KEYS: flag({
    default: false,
    help: 'Accept a key that may withdraw money.',
  }),
} as const;
