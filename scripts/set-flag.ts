import { ConfigError } from '../src/lib/errors.js';

/** Reads `KEY=VALUE` texts. @throws ConfigError for one that is no such text */
export function toSets(pairs: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new ConfigError(`--set ${pair}: expected KEY=VALUE`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}
