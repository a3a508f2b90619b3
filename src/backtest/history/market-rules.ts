import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ORDER_RULE_NAMES, ORDER_RULES, type OrderRules } from '../../domain/market.js';
import { Money } from '../../domain/money.js';
import { ConfigError, messageOf } from '../../lib/errors.js';
import { findNearNames } from '../../lib/near-names.js';

/** Beside candle files: what the venue demands of orders in each of their markets. */
const FILE = 'markets.json';

const AMOUNT = /^\d{1,30}(\.\d{1,30})?$/;

/**
 * What `markets.json` of a folder says, by symbol; empty where there is none. A candle file says nothing of it: how many
 * decimals its prices have is no tick.
 *
 * @throws ConfigError naming the file and what is wrong in it
 */
export function readMarketRules(folder: string): ReadonlyMap<string, Partial<OrderRules>> {
  const file = path.join(folder, FILE);
  if (!existsSync(file)) return new Map();
  const content = toEntries(readJson(file));
  if (content === undefined) throw new ConfigError(`${file}: expected an object of symbols`);
  return new Map(content.map(([symbol, stated]) => [symbol, toRules(file, symbol, stated)]));
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as unknown;
  } catch (cause) {
    throw new ConfigError(`${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

function toRules(file: string, symbol: string, stated: unknown): Partial<OrderRules> {
  const entries = toEntries(stated);
  if (entries === undefined) throw new ConfigError(`${file}: ${symbol} is no object`);
  return Object.fromEntries(
    entries.map(([name, value]) => {
      const property = ORDER_RULES.find((rule) => ORDER_RULE_NAMES[rule] === name);
      if (property === undefined) throw unknownName(`${file}: ${symbol}`, name);
      const text = typeof value === 'number' ? new Money(value).toFixed() : String(value);
      if (AMOUNT.test(text) && Number(text) > 0) return [property, text];
      throw new ConfigError(`${file}: ${name} of ${symbol} is ${text}; expected a number above 0`);
    }),
  );
}

function unknownName(where: string, name: string): ConfigError {
  const names = Object.values(ORDER_RULE_NAMES);
  const [near] = findNearNames(name, names);
  const hint = near === undefined ? `expected one of ${names.join(', ')}` : `did you mean ${near}?`;
  return new ConfigError(`${where} has ${name}; ${hint}`);
}

function toEntries(value: unknown): [string, unknown][] | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? Object.entries(value) : undefined;
}
