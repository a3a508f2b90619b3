import type { Setting } from './setting.js';
import { API_SETTINGS } from './groups/api.js';
import { DEMO_SETTINGS } from './groups/demo.js';
import { LABELS_SETTINGS } from './groups/labels.js';
import { LIVE_SETTINGS } from './groups/live.js';
import { LOOKALIKE_SETTINGS } from './groups/lookalikes.js';
import { MARKET_SETTINGS } from './groups/market.js';
import { NOTIFICATION_SETTINGS } from './groups/notifications.js';
import { OPERATION_SETTINGS } from './groups/operation.js';
import { RISK_SETTINGS } from './groups/risk.js';
import { STORAGE_SETTINGS } from './groups/storage.js';
import { TRADING_SETTINGS } from './groups/trading.js';
import { TRAINING_SETTINGS } from './groups/training.js';

/** Every environment variable, once, in the order in which `docs/settings.md` shows them. */
export const SETTING_GROUPS = {
  Market: MARKET_SETTINGS,
  Demo: DEMO_SETTINGS,
  Storage: STORAGE_SETTINGS,
  Labels: LABELS_SETTINGS,
  Training: TRAINING_SETTINGS,
  'Look-alikes': LOOKALIKE_SETTINGS,
  Trading: TRADING_SETTINGS,
  Risk: RISK_SETTINGS,
  Live: LIVE_SETTINGS,
  API: API_SETTINGS,
  Notifications: NOTIFICATION_SETTINGS,
  Operation: OPERATION_SETTINGS,
} as const;

type Groups = typeof SETTING_GROUPS;

type UnionToIntersection<U> = (U extends unknown ? (u: U) => void : never) extends (
  intersection: infer I,
) => void
  ? I
  : never;

type Table = UnionToIntersection<Groups[keyof Groups]>;

type CamelCase<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;

/** Values of all settings; `ANALYSIS_INTERVAL_SEC` is `analysisIntervalSec`. */
export type Settings = {
  readonly [
    Name in keyof Table as CamelCase<Lowercase<Name & string>>
  ]: Table[Name] extends Setting<infer Value> ? Value : never;
};

/** Every setting under the name of its variable. */
export const SETTINGS: ReadonlyMap<string, Setting<unknown>> = new Map(
  Object.values(SETTING_GROUPS).flatMap((group) => Object.entries<Setting<unknown>>(group)),
);

/** `ANALYSIS_INTERVAL_SEC` to `analysisIntervalSec`. */
export function propertyName(variable: string): string {
  return variable.toLowerCase().replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
