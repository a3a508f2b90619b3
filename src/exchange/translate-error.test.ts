import { describe, expect, test } from 'vitest';
import * as ccxt from 'ccxt';
import { ConfigError, HaltError, RejectedError, TransientError } from '../lib/errors.js';
import { translateError } from './translate-error.js';

const context = { what: 'binance candles' };

describe('ccxt errors become the class of the reaction they ask for', () => {
  test.each([
    [ccxt.NetworkError, TransientError],
    [ccxt.RequestTimeout, TransientError],
    [ccxt.DDoSProtection, TransientError],
    [ccxt.RateLimitExceeded, TransientError],
    [ccxt.ExchangeNotAvailable, TransientError],
    [ccxt.OnMaintenance, TransientError],
    [ccxt.InvalidNonce, TransientError],
    [ccxt.BadResponse, TransientError],
    [ccxt.NullResponse, TransientError],
    [ccxt.OperationFailed, TransientError],
    [ccxt.BadSymbol, RejectedError],
    [ccxt.BadRequest, RejectedError],
    [ccxt.InvalidOrder, RejectedError],
    [ccxt.InsufficientFunds, RejectedError],
    [ccxt.NotSupported, RejectedError],
    [ccxt.ExchangeError, RejectedError],
    [ccxt.AuthenticationError, ConfigError],
    [ccxt.PermissionDenied, ConfigError],
    [ccxt.AccountSuspended, ConfigError],
    [ccxt.RestrictedLocation, ConfigError],
  ])('%o', (Thrown, Expected) => {
    const translated = translateError(new Thrown('binance says no'), context);
    expect(translated).toBeInstanceOf(Expected);
    expect(translated.message).toBe('binance candles: binance says no');
    expect((translated.cause as Error).message).toBe('binance says no');
  });
});

test('errors of our own pass as they are', () => {
  for (const own of [new ConfigError('a'), new TransientError('b'), new HaltError('c')]) {
    expect(translateError(own, context)).toBe(own);
  }
});

test('what a parser throws at a strange answer is transient', () => {
  expect(translateError(new TypeError('x is undefined'), context)).toBeInstanceOf(TransientError);
});

test('pages of markup become one short line', () => {
  const html = `<html><style>p{}</style><body><h1>502 Bad\nGateway</h1>${'<p>x</p>'.repeat(999)}`;
  const { message } = translateError(new ccxt.ExchangeNotAvailable(html), context);
  expect(message).toMatch(/^binance candles: 502 Bad Gateway x x/);
  expect(message.length).toBeLessThan(400);
});

test('known secrets are taken out of message and cause', () => {
  const thrown = new ccxt.ExchangeError('bad canary-9000');
  const translated = translateError(thrown, { ...context, knownSecrets: ['canary-9000'] });
  expect(`${translated.message}${String(translated.cause)}`).not.toContain('canary-9000');
});
