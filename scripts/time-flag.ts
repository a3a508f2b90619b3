import { ConfigError } from '../src/lib/errors.js';

/** Epoch milliseconds of a moment that a flag names. @throws ConfigError naming the flag */
export function toMs(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const isPlain = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?Z?)?$/.test(text);
  const timeMs = isPlain
    ? Date.parse(text.includes('T') && !text.endsWith('Z') ? `${text}Z` : text)
    : NaN;
  const isReal =
    Number.isFinite(timeMs) && new Date(timeMs).toISOString().startsWith(text.slice(0, 10));
  if (!isReal)
    throw new ConfigError(`${flag} is ${text}; expected a day such as 2024-03-01, in UTC`);
  return timeMs;
}
