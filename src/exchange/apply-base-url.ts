import { ConfigError } from '../lib/errors.js';
import { redactText } from '../lib/redact.js';

const WEB_SOCKET_OF = { 'http:': 'ws:', 'https:': 'wss:' } as const;

/** Checks `EXCHANGE_BASE_URL`: scheme and host, nothing else. Throws a `ConfigError`. */
export function parseBaseUrl(text: string): URL {
  const shown = redactText(text);
  const expected = 'expected scheme and host such as http://127.0.0.1:8080';
  if (!URL.canParse(text)) {
    throw new ConfigError(`EXCHANGE_BASE_URL=${shown} is not an address: ${expected}`);
  }
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new ConfigError(`EXCHANGE_BASE_URL=${shown} is neither http nor https: ${expected}`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new ConfigError(`EXCHANGE_BASE_URL=${shown} carries a user name: ${expected}`);
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw new ConfigError(`EXCHANGE_BASE_URL=${shown} has more than a host: ${expected}`);
  }
  return url;
}

/**
 * The same tree of addresses with scheme and host of every one replaced; paths stay, and web sockets
 * stay web sockets.
 */
export function applyBaseUrl(endpoints: unknown, baseUrl: URL): unknown {
  if (typeof endpoints === 'string') return replaceOrigin(endpoints, baseUrl);
  if (Array.isArray(endpoints)) return endpoints.map((entry) => applyBaseUrl(entry, baseUrl));
  if (typeof endpoints !== 'object' || endpoints === null) return endpoints;
  return Object.fromEntries(
    Object.entries(endpoints).map(([name, entry]) => [name, applyBaseUrl(entry, baseUrl)]),
  );
}

/** By text, not by `URL`: ccxt's addresses may hold placeholders such as `{hostname}`. */
function replaceOrigin(address: string, baseUrl: URL): string {
  const found = /^(https?|wss?):\/\/[^/?#]*(.*)$/i.exec(address);
  if (found === null) return address;
  const [, scheme = '', rest = ''] = found;
  const isSocket = scheme.toLowerCase().startsWith('ws');
  const protocol = isSocket
    ? WEB_SOCKET_OF[baseUrl.protocol as keyof typeof WEB_SOCKET_OF]
    : baseUrl.protocol;
  return `${protocol}//${baseUrl.host}${rest}`;
}
