import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigError, messageOf } from '../../lib/errors.js';
import { replaceFile } from '../../lib/replace-file.js';

export type KeyRight = 'read' | 'trade' | 'withdraw';

/** The key of the demo's one account, and what the account holds at the beginning of a run. */
export interface DemoKeys {
  readonly apiKey: string;
  readonly secret: string;
  readonly rights: readonly KeyRight[];
  /** Amount as decimal text by asset. */
  readonly balances: Readonly<Record<string, string>>;
}

const KEY_BYTES = 32;
const START_BALANCES = { USDT: '10000' };

/** In `DATA_DIR/demo`, readable by its owner only. */
export function keysFile(folder: string): string {
  return path.join(folder, 'account.json');
}

/** The keys, or undefined where nobody asked for an account yet. @throws ConfigError when the file is damaged */
export function findKeys(folder: string): DemoKeys | undefined {
  const file = keysFile(folder);
  if (!existsSync(file)) return undefined;
  try {
    const keys = JSON.parse(readFileSync(file, 'utf8')) as DemoKeys;
    if (typeof keys.apiKey !== 'string' || typeof keys.secret !== 'string') {
      throw new TypeError('apiKey or secret is missing');
    }
    return keys;
  } catch (cause) {
    const fix = 'delete it, then npm run demo:account makes another';
    throw new ConfigError(`Cannot read ${file}: ${messageOf(cause)}; ${fix}`, { cause });
  }
}

/** Makes the account's key where there is none, and changes what is given. */
export function ensureKeys(
  folder: string,
  changes: Partial<Pick<DemoKeys, 'rights' | 'balances'>> = {},
): DemoKeys {
  const known = findKeys(folder);
  const keys: DemoKeys = {
    apiKey: known?.apiKey ?? newSecret(),
    secret: known?.secret ?? newSecret(),
    rights: changes.rights ?? known?.rights ?? ['read', 'trade'],
    balances: changes.balances ?? known?.balances ?? START_BALANCES,
  };
  replaceFile(keysFile(folder), `${JSON.stringify(keys, undefined, 2)}\n`, 0o600);
  return keys;
}

function newSecret(): string {
  return randomBytes(KEY_BYTES).toString('hex');
}
