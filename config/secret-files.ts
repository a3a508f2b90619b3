import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigError } from '../src/lib/errors.js';
import { SETTINGS } from './settings.js';

type Variables = Readonly<Record<string, string | undefined>>;

export interface SecretFile {
  /** The secret itself, without the line end of the file. */
  readonly value: string;
  /** Where it was read from, for people: never the value. */
  readonly origin: string;
}

/** What systemd puts before the names of the files of `LoadCredential=evenkeel:`. */
const CREDENTIAL_PREFIX = 'evenkeel_';

/** The variable that names the file of a secret: `API_TOKEN_FILE`. */
export function fileVariable(name: string): string {
  return `${name}_FILE`;
}

/** Every secret setting, in the order of the table. */
export function secretNames(): readonly string[] {
  return [...SETTINGS].flatMap(([name, { isSecret }]) => (isSecret === true ? [name] : []));
}

/**
 * Secrets that lie in files: each as `<NAME>_FILE`, or as a credential of systemd named `evenkeel_<NAME>`.
 *
 * @throws ConfigError for a file that cannot be read, and for a secret that is given twice
 */
export function readSecretFiles(environment: Variables): ReadonlyMap<string, SecretFile> {
  const found = new Map<string, SecretFile>();
  for (const name of secretNames()) {
    const sources = [readNamedFile(name, environment), readCredential(name, environment)].filter(
      (source) => source !== undefined,
    );
    const given = environment[name] === undefined ? [] : [name];
    const all = [...given, ...sources.map(({ origin }) => origin)];
    if (all.length > 1) {
      throw new ConfigError(`${name} is given twice: by ${all.join(' and by ')}; leave one out`);
    }
    const [source] = sources;
    if (source !== undefined) found.set(name, source);
  }
  return found;
}

function readNamedFile(name: string, environment: Variables): SecretFile | undefined {
  const variable = fileVariable(name);
  const file = environment[variable]?.trim();
  if (file === undefined || file === '') return undefined;
  const value = readSecret(file);
  if (value === undefined) {
    throw new ConfigError(`${variable} is "${file}", which does not exist; expected a file`);
  }
  return { value: assertHasText(value, `${variable} is "${file}"`), origin: variable };
}

function readCredential(name: string, environment: Variables): SecretFile | undefined {
  const folder = environment['CREDENTIALS_DIRECTORY'];
  if (folder === undefined) return undefined;
  const value = readSecret(path.join(folder, `${CREDENTIAL_PREFIX}${name}`));
  if (value === undefined) return undefined;
  const origin = `credential ${name}`;
  return { value: assertHasText(value, `The ${origin} is a file`), origin };
}

/** An empty one is a file that was not filled: taken for "not given", a token or an address would silently be none. */
function assertHasText(value: string, which: string): string {
  if (value.trim() !== '') return value;
  throw new ConfigError(`${which}, which is empty; write the secret into it, or leave it out`);
}

function readSecret(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new ConfigError(`The secret in ${file} cannot be read (${message})`, { cause: error });
  }
}
