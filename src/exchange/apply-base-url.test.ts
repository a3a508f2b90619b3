import { expect, test } from 'vitest';
import { ConfigError } from '../lib/errors.js';
import { applyBaseUrl, parseBaseUrl } from './apply-base-url.js';

test('replaces scheme and host of every nested address and keeps the paths', () => {
  const endpoints = {
    public: 'https://api.example.com/api/v3',
    deep: { rest: ['https://{hostname}/x'], ws: 'wss://stream.example.com:9443/ws' },
    empty: undefined,
    count: 3,
  };
  expect(applyBaseUrl(endpoints, parseBaseUrl('http://127.0.0.1:8080'))).toEqual({
    public: 'http://127.0.0.1:8080/api/v3',
    deep: { rest: ['http://127.0.0.1:8080/x'], ws: 'ws://127.0.0.1:8080/ws' },
    empty: undefined,
    count: 3,
  });
});

test('keeps web sockets encrypted behind https', () => {
  expect(applyBaseUrl('ws://a/b', parseBaseUrl('https://proxy'))).toBe('wss://proxy/b');
});

test.each([
  ['127.0.0.1:80', 'neither http nor https|not an address'],
  ['nonsense', 'not an address'],
  ['ftp://host', 'neither http nor https'],
  ['http://host/path', 'more than a host'],
  ['http://host?x=1', 'more than a host'],
  ['http://me:canary-77@host', 'carries a user name'],
])('refuses %s', (text, reason) => {
  expect(() => parseBaseUrl(text)).toThrow(ConfigError);
  expect(() => parseBaseUrl(text)).toThrow(new RegExp(reason));
});

test('does not repeat a password that was put into the address', () => {
  expect(() => parseBaseUrl('http://me:canary-77@host')).not.toThrow(/canary-77/);
});
