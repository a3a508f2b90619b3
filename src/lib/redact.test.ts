import { describe, expect, it, test } from 'vitest';
import { redact, redactError, redactText } from './redact.js';

const CANARY = 'c4narY-0123456789abcdef';

describe('redact', () => {
  it.each([
    ['GET /order?symbol=X&signature=canary1&a=1', 'GET /order?symbol=X&signature=[hidden]&a=1'],
    ['{"apiKey":"canary1","b":2}', '{"apiKey":"[hidden]","b":2}'],
    ['mysql://me:canary1@host/db', 'mysql://me:[hidden]@host/db'],
    ['https://canary1@host/db', 'https://[hidden]@host/db'],
    ['Authorization: Bearer canary1', 'Authorization: [hidden]'],
    ['X-MBX-APIKEY: canary1', 'X-MBX-APIKEY: [hidden]'],
  ])('hides the secret in %s', (text, expected) => {
    expect(redactText(text)).toBe(expected);
  });

  it('hides given values wherever they stand', () => {
    expect(redactText('a canary1 b', ['canary1'])).toBe('a [hidden] b');
  });

  it('hides by the name of the field, at any depth, and leaves the rest', () => {
    const value = { apiToken: 'canary1', rows: [{ password: 'canary1', price: 1.5 }], none: null };
    expect(redact(value, { secrets: [] })).toEqual({
      apiToken: '[hidden]',
      rows: [{ password: '[hidden]', price: 1.5 }],
      none: null,
    });
  });

  it.each(['mysqlPassword', 'API_TOKEN', 'x-api-key', 'secretKey', 'apiSecret', 'Set-Cookie'])(
    'knows the field %s for a secret',
    (name) => {
      expect(redact('canary1', { name, secrets: [] })).toBe('[hidden]');
    },
  );

  it.each(['design', 'symbol', 'reason', 'keyword', 'passed', 'tokens'])(
    'knows the field %s for none',
    (name) => {
      expect(redact('canary1', { name, secrets: [] })).toBe('canary1');
    },
  );

  it('hides what lies too deep to be looked at', () => {
    let value: unknown = { password: CANARY };
    for (let depth = 0; depth < 10; depth++) value = { value };
    expect(JSON.stringify(redact(value, { secrets: [] }))).not.toContain(CANARY);
  });
});

describe('texts', () => {
  test.each([
    // Binance and MEXC echo the signed query.
    `binance GET https://api.binance.com/api/v3/order?symbol=X&signature=${CANARY}&recvWindow=5`,
    `{"headers":{"X-MBX-APIKEY":"${CANARY}"}}`,
    // HTX echoes the key.
    `https://api.huobi.pro/v1/order?AccessKeyId=${CANARY}&SignatureMethod=HmacSHA256`,
    `Authorization: Bearer ${CANARY}`,
    `"authorization":"Basic ${CANARY}"`,
    `api_key = '${CANARY}'`,
    `secretKey: ${CANARY}, passphrase="${CANARY}"`,
    `OK-ACCESS-PASSPHRASE: ${CANARY}; CB-ACCESS-SIGN=${CANARY}`,
    `connect http://user:${CANARY}@proxy:8080/x`,
    `listenKey=${CANARY}`,
    `access_token=${CANARY}`,
    `sent with Bearer ${CANARY}`,
  ])('lose the secret in %s', (text) => {
    const redacted = redactText(text);
    expect(redacted).not.toContain(CANARY);
    expect(redacted).toContain('[hidden]');
  });

  test('lose known secrets wherever they stand', () => {
    expect(redactText(`prefix${CANARY}suffix`, [CANARY])).toBe('prefix[hidden]suffix');
  });

  test('lose known secrets as they stand in an address', () => {
    expect(redactText('/x?p=a%2Fb%26c', ['a/b&c'])).toBe('/x?p=[hidden]');
  });

  test('keep what is no secret', () => {
    const text =
      'binance GET https://api.binance.com/api/v3/klines?symbol=BTCUSDT&limit=6: design=1';
    expect(redactText(text)).toBe(text);
  });

  test('that are JSON stay JSON', () => {
    const text = JSON.stringify({ apiKey: CANARY, token: CANARY, price: 1 });
    expect(JSON.parse(redactText(text))).toEqual({
      apiKey: '[hidden]',
      token: '[hidden]',
      price: 1,
    });
  });
});

describe('errors', () => {
  test('are copied redacted with all their causes', () => {
    const cause = new Error(`signature=${CANARY}`);
    const copy = redactError(new TypeError(`token=${CANARY}`, { cause }));
    expect(copy.name).toBe('TypeError');
    const inner = copy.cause as Error;
    const all = [copy.message, copy.stack, inner.message, inner.stack].join('\n');
    expect(all).not.toContain(CANARY);
    expect(all).toContain('[hidden]');
  });

  test('whose causes form a ring come to an end', () => {
    const ring = new Error('a');
    ring.cause = ring;
    expect(redactError(ring).message).toBe('a');
  });

  test('are made of thrown things that are none', () => {
    expect(redactError('apiKey=abcd').message).toBe('apiKey=[hidden]');
  });
});
