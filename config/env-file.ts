import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { ConfigError } from '../src/lib/errors.js';

export interface EnvFile {
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** What in the file has no effect, or is read only by this program. */
  readonly warnings: readonly string[];
}

/**
 * Reads a file of `NAME=value` lines; empty where there is none.
 *
 * @throws ConfigError for a folder of that name, or a file that cannot be read
 */
export function readEnvFile(file: string): EnvFile {
  const bytes = readBytes(file);
  if (bytes === undefined) return { variables: {}, warnings: [] };
  const { text, encoding } = decode(bytes);
  const ignored = findIgnoredLines(text);
  const warnings = ignored.map(
    ({ number, name }) =>
      `Line ${number} of ${file}${name === undefined ? '' : ` (${name})`} is not NAME=value and has no effect`,
  );
  warnings.push(...findDoubled(text, file));
  if (encoding !== 'utf-8') {
    warnings.unshift(
      `${file} is ${encoding.toUpperCase()}: save it as UTF-8, other programs need it`,
    );
  }
  return { variables: parseEnv(withoutLines(text, ignored)), warnings };
}

function readBytes(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    const what = code === 'EISDIR' ? 'is a folder' : `cannot be read (${message})`;
    throw new ConfigError(
      `${file} ${what}; expected a file of NAME=value lines, or none. Rename it, or run in another folder`,
    );
  }
}

/** Editors and shells of Windows write UTF-16, with or without a mark at its beginning. */
function decode(bytes: Buffer): { readonly text: string; readonly encoding: string } {
  const [first, second] = bytes;
  const isLittle = (first === 0xff && second === 0xfe) || (first !== 0 && second === 0);
  const isBig = (first === 0xfe && second === 0xff) || (first === 0 && second !== 0);
  const encoding = isLittle ? 'utf-16le' : isBig ? 'utf-16be' : 'utf-8';
  // The decoder drops the mark.
  return { text: new TextDecoder(encoding).decode(bytes), encoding };
}

interface IgnoredLine {
  readonly number: number;
  /** What stands before a colon; the rest may be a secret and is not shown. */
  readonly name: string | undefined;
}

/** To Node's parser a line without an assignment is the beginning of the next line's name. */
function withoutLines(text: string, ignored: readonly IgnoredLine[]): string {
  const numbers = new Set(ignored.map(({ number }) => number));
  const lines = text.split('\n').filter((_, at) => !numbers.has(at + 1));
  return lines.join('\n');
}

/** Lines without an assignment, apart from comments and the inside of quoted values. */
function findIgnoredLines(text: string): readonly IgnoredLine[] {
  return listLines(text)
    .filter(({ line }) => !isAssignment(line))
    .map(({ number, line }) => ({ number, name: /^\s*(\w+)\s*:/.exec(line)?.[1] }));
}

/** Names that are given more than once: to Node's parser the last one counts. */
function findDoubled(text: string, file: string): string[] {
  const seen = new Map<string, number>();
  return listLines(text).flatMap(({ number, line }) => {
    const name = /^\s*(?:export\s+)?(\w+)\s*=/.exec(line)?.[1] ?? '';
    const before = seen.get(name);
    seen.set(name, number);
    if (name === '' || before === undefined) return [];
    return [
      `${name} is given twice in ${file}: line ${before} has no effect, line ${number} counts`,
    ];
  });
}

interface NumberedLine {
  readonly number: number;
  readonly line: string;
}

/** The lines that begin something: neither comments nor the inside of quoted values. */
function listLines(text: string): readonly NumberedLine[] {
  const lines: NumberedLine[] = [];
  let openQuote: string | undefined;
  for (const [at, line] of text.split('\n').entries()) {
    if (openQuote !== undefined) {
      if (line.includes(openQuote)) openQuote = undefined;
      continue;
    }
    if (/^\s*(#.*)?$/.test(line)) continue;
    lines.push({ number: at + 1, line });
    openQuote = findOpenQuote(line);
  }
  return lines;
}

function isAssignment(line: string): boolean {
  return /^[^=]*\w\s*=/.test(line) && !/^\s*\w+\s*:/.test(line);
}

function findOpenQuote(line: string): string | undefined {
  if (!isAssignment(line)) return undefined;
  const value = line.slice(line.indexOf('=') + 1).trimStart();
  const quote = /^["'`]/.exec(value)?.[0];
  return quote !== undefined && !value.slice(1).includes(quote) ? quote : undefined;
}
