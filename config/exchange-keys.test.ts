import { describe, expect, it } from 'vitest';
import { readExchangeKeys } from './exchange-keys.js';
import { readSettings, type Environment } from './read-settings.js';

function keysOf(environment: Environment): ReturnType<typeof readExchangeKeys> {
  return readExchangeKeys(readSettings(environment).settings);
}

describe("the exchange's key", () => {
  it('may be a PEM in one line, as environment files need it', () => {
    const secret = '-----BEGIN EC PRIVATE KEY-----\\nabc\\n-----END EC PRIVATE KEY-----\\n';
    const keys = keysOf({ EXCHANGE_API_KEY: 'k', EXCHANGE_API_SECRET: secret });
    expect(keys.secret.split('\n')).toHaveLength(4);
  });

  it.each([
    [{}, /EXCHANGE_API_KEY and EXCHANGE_API_SECRET missing.*npm run demo:account/],
    [{ EXCHANGE: 'kraken' }, /missing; give the value, or a file .* EXCHANGE_API_KEY_FILE$/],
    [{ EXCHANGE_API_KEY: 'abcd', EXCHANGE_API_SECRET: '' }, /^EXCHANGE_API_SECRET missing/],
    [
      { EXCHANGE_API_KEY: 'abcd', EXCHANGE_API_SECRET: 'canary efgh' },
      /^EXCHANGE_API_SECRET holds a space/,
    ],
  ])('is refused without showing a value: %o', (environment, message) => {
    expect(() => keysOf(environment)).toThrow(message);
    expect(() => keysOf(environment)).not.toThrow(/canary|efgh|abcd/);
  });
});
