import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '../lib/errors.js';
import { findNearNames } from '../lib/near-names.js';
import { compiledUrl } from '../lib/workers/worker.js';
import type { CcxtClass } from './ccxt-exchange.js';

/** Folder of ccxt's exchange classes, one file each, as `scripts/build-ccxt.mjs` compiles them. */
function ccxtFolder(): URL {
  return compiledUrl(import.meta.url, '../../ccxt/');
}

/** Every exchange id that the installed ccxt offers. */
export function listExchangeIds(): string[] {
  return readdirSync(fileURLToPath(ccxtFolder()), { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.js'))
    .map((entry) => entry.name.slice(0, -'.js'.length));
}

/** Loads the class of one exchange by its file: the package's index would load all of them. */
export async function loadCcxtClass(exchangeId: string): Promise<CcxtClass> {
  assertExchangeId(exchangeId);
  const file = new URL(`${exchangeId}.js`, ccxtFolder());
  // Compiled files have no types; `CcxtExchange` names the part that is used.
  const module = (await import(file.href)) as { default: CcxtClass };
  return module.default;
}

/** Throws a `ConfigError` with near names unless the installed ccxt has this exchange. */
export function assertExchangeId(exchangeId: string): void {
  const isWord = /^[a-z0-9]+$/.test(exchangeId);
  if (isWord && existsSync(new URL(`${exchangeId}.js`, ccxtFolder()))) return;
  const ids = listExchangeIds();
  const near = findNearNames(exchangeId, ids);
  const hint = near.length > 0 ? `did you mean ${near.join(' or ')}?` : `ccxt has ${ids.length}.`;
  throw new ConfigError(
    `EXCHANGE=${exchangeId.slice(0, 40)} is not an exchange that ccxt knows: ${hint}`,
  );
}
