import { findNearNames } from '../src/lib/near-names.js';
import { findContradictions } from './read-settings.js';
import { propertyName, SETTING_GROUPS, SETTINGS, type Settings } from './settings.js';

/** Groups of settings that one run may have its own values of: none says where data lies or who may see it. */
const CHANGEABLE_GROUPS = ['Labels', 'Training', 'Trading', 'Risk'] as const;

export type ChangedSettings =
  | { readonly status: 'changed'; readonly settings: Settings }
  /** `name` is the variable that is wrong; undefined where several are wrong together. */
  | { readonly status: 'refused'; readonly name: string | undefined; readonly reason: string };

/** The settings with other values for one run, checked as at a start. */
export function changeSettings(
  settings: Settings,
  changes: Readonly<Record<string, string>>,
): ChangedSettings {
  const values: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(changes)) {
    const setting = SETTINGS.get(name);
    if (setting === undefined || !isChangeable(name)) {
      return { status: 'refused', name, reason: unknown(name) };
    }
    const value = text.trim() === '' ? setting.defaultValue : setting.read(text.trim());
    if (value === undefined && text.trim() !== '') {
      const reason = `${name} is "${text}"; expected ${setting.expected}`;
      return { status: 'refused', name, reason };
    }
    values[propertyName(name)] = value;
  }
  const changed = { ...settings, ...values };
  const [contradiction] = findContradictions(changed);
  if (contradiction === undefined) return { status: 'changed', settings: changed };
  return { status: 'refused', name: undefined, reason: contradiction };
}

/** Groups of settings that trading goes by: a run of a daemon remembers its values. */
const TRADING_GROUPS = ['Labels', 'Trading', 'Risk'] as const;

/** Values of the settings that trading goes by, by the names of their variables. */
export function readRunSettings(settings: Settings): Readonly<Record<string, unknown>> {
  const values = settings as Readonly<Record<string, unknown>>;
  return Object.fromEntries(tradingNames().map((name) => [name, values[propertyName(name)]]));
}

/** The settings with those values: what `readRunSettings` gave for a run. */
export function withRunSettings(
  settings: Settings,
  values: Readonly<Record<string, unknown>>,
): Settings {
  const known = tradingNames().filter((name) => Object.hasOwn(values, name));
  const own = Object.fromEntries(known.map((name) => [propertyName(name), values[name]]));
  return { ...settings, ...own };
}

function tradingNames(): readonly string[] {
  return TRADING_GROUPS.flatMap((group) => Object.keys(SETTING_GROUPS[group]));
}

function isChangeable(name: string): boolean {
  return CHANGEABLE_GROUPS.some((group) => Object.hasOwn(SETTING_GROUPS[group], name));
}

function unknown(name: string): string {
  if (SETTINGS.has(name)) return `${name} cannot be changed for one run`;
  const [near] = findNearNames(name, [...SETTINGS.keys()].filter(isChangeable));
  return `${name}: there is no such setting${near === undefined ? '' : `; did you mean ${near}?`}`;
}
