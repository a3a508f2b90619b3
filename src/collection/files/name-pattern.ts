import { ConfigError } from '../../lib/errors.js';

/** Reads attributes out of an item's name; undefined for a name of another form. */
export type NameParser = (name: string) => Readonly<Record<string, string>> | undefined;

const FIELD = /\{([A-Za-z][A-Za-z0-9_]*)\}/g;
const SPECIAL = /[.*+?^${}()|[\]\\]/g;

/**
 * From a pattern such as `{type} | {variant} ({condition})`: each field takes as little as it can, the
 * text between them must be there as it is.
 *
 * @throws ConfigError for a pattern without fields, or with one of them twice or two side by side
 */
export function parseNamePattern(pattern: string): NameParser {
  const names = [...pattern.matchAll(FIELD)].map(([, name = '']) => name);
  if (names.length === 0) {
    throw new ConfigError(`"${pattern}" names no field; expected such as "{type} ({condition})"`);
  }
  if (new Set(names).size !== names.length) {
    throw new ConfigError(`"${pattern}" names a field twice`);
  }
  if (/\}\{/.test(pattern)) {
    throw new ConfigError(`"${pattern}": nothing parts two fields that stand side by side`);
  }
  const literals = pattern.split(/\{[A-Za-z][A-Za-z0-9_]*\}/);
  const source = literals.map((text) => text.replace(SPECIAL, '\\$&')).join('(.+?)');
  const expression = new RegExp(`^${source}$`, 'u');
  return (name) => {
    const found = expression.exec(name);
    if (found === null) return undefined;
    return Object.fromEntries(names.map((field, at) => [field, found[at + 1]?.trim() ?? '']));
  };
}
