import { redactText } from '../src/lib/redact.js';
import type { SettingSources } from './read-settings.js';
import { secretNames } from './secret-files.js';
import type { Setting } from './setting.js';
import { propertyName, SETTING_GROUPS, type Settings } from './settings.js';
import { VARIANT_SETTINGS } from './variant-settings.js';

/** A setting as it holds in this process, safe to show. */
export interface EffectiveSetting {
  readonly name: string;
  readonly group: string;
  /** As it would be written; null where there is none. `set` for a secret that is given. */
  readonly value: string | null;
  /** As it would be written; null where there is none. */
  readonly default: string | null;
  /** `environment`, `.env`, `default`, or for a secret in a file the variable or credential that names it. */
  readonly origin: string;
  readonly isSecret: boolean;
  /** A variant of an experiment may have a value of its own. */
  readonly isOfVariants: boolean;
  readonly unit: string | null;
  readonly clock: 'market' | 'wall' | null;
  readonly expected: string;
  readonly help: string;
}

/** Every setting with its value and where that comes from, in the order of `docs/settings.md`. */
export function listEffective(
  settings: Settings,
  sources: SettingSources,
): readonly EffectiveSetting[] {
  const values = settings as Readonly<Record<string, unknown>>;
  return Object.entries(SETTING_GROUPS).flatMap(([group, members]) =>
    Object.entries<Setting<unknown>>(members).map(([name, setting]) => {
      const isSecret = setting.isSecret === true;
      const value = values[propertyName(name)];
      return {
        name,
        group,
        value: isSecret && value !== undefined ? 'set' : (given(name, sources) ?? toText(value)),
        default: toText(setting.defaultValue),
        origin: originOf(name, setting, sources),
        isSecret,
        isOfVariants: VARIANT_SETTINGS.includes(name),
        unit: setting.unit ?? null,
        clock: setting.clock ?? null,
        expected: setting.expected,
        help: setting.help,
      };
    }),
  );
}

/** The values of all secrets, and the parts of addresses that are secrets by themselves: for redaction. */
export function listSecrets(settings: Settings): readonly string[] {
  const values = settings as Readonly<Record<string, unknown>>;
  const given = secretNames().flatMap((name) => {
    const value = values[propertyName(name)];
    return typeof value === 'string' && value !== '' ? [value, ...partsOf(value)] : [];
  });
  return [...new Set(given)].filter((value) => value !== '');
}

const MIN_PART_LENGTH = 8;

/** Password and path of an address: libraries repeat them without the rest. */
function partsOf(value: string): readonly string[] {
  if (!/^[a-z]+:\/\//.test(value) || !URL.canParse(value)) return [];
  const { password, pathname, search } = new URL(value);
  const path = `${pathname}${search}`;
  const tail = path.length >= MIN_PART_LENGTH ? [path] : [];
  return [password, decodeURIComponent(password), ...tail];
}

/** What was written, where something was. Addresses may carry a password. */
function given(name: string, { environment }: SettingSources): string | undefined {
  const text = environment[name]?.trim() ?? '';
  return text === '' ? undefined : redactText(text);
}

function originOf(
  name: string,
  setting: Setting<unknown>,
  { environment, fromProcess, secretOrigins }: SettingSources,
): string {
  const file = secretOrigins.get(name);
  if (file !== undefined) return file;
  const given = environment[name]?.trim();
  if (given === undefined || (given === '' && setting.mayBeEmpty !== true)) return 'default';
  return fromProcess.has(name) ? 'environment' : '.env';
}

function toText(value: unknown): string | null {
  if (value === undefined) return null;
  if (Array.isArray(value)) {
    const isSplit = value.length > 0 && value.every((item) => typeof item === 'number');
    return value.join(isSplit ? '/' : ',');
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}
