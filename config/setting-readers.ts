import { toBotName } from '../src/domain/bots.js';
import { FEATURE_GROUPS, type FeatureGroup } from '../src/domain/feature-groups.js';
import { isCronExpression } from '../src/lib/cron.js';

/** Readers of settings whose text has a form of its own. Each gives undefined for what it refuses. */

export function readUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  return /^https?:$/.test(new URL(text).protocol) ? text.replace(/\/+$/, '') : undefined;
}

/** Names of bots, under which they are stored; doubles are taken once. */
export function readBots(text: string): readonly string[] | undefined {
  const named = text.split(',').map((name) => toBotName(name.trim()));
  const known = [...new Set(named.filter((name) => name !== ''))];
  return known.length === 0 ? undefined : known;
}

/** The last instant that has a year of four digits. */
const LATEST_MS = 253_402_300_799_999;

/**
 * ISO 8601 or epoch milliseconds, to epoch milliseconds. A date without a zone is UTC. Refused are days that the
 * calendar does not have, which JavaScript takes for days of the next month, and seconds since 1970, which would
 * be a time in January 1970.
 */
export function readInstant(text: string): number | undefined {
  if (/^\d{12,15}$/.test(text)) return Number(text) <= LATEST_MS ? Number(text) : undefined;
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/.test(text)) {
    return undefined;
  }
  if (!isOfCalendar(text.slice(0, 10))) return undefined;
  const hasZone = /(Z|[+-]\d{2}:?\d{2})$/.test(text) && text.includes('T');
  const instant = Date.parse(hasZone || !text.includes('T') ? text : `${text}Z`);
  return Number.isNaN(instant) ? undefined : instant;
}

function isOfCalendar(day: string): boolean {
  const midnight = Date.parse(day);
  return !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(day);
}

export function readRedisUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname } = new URL(text);
  return /^rediss?:$/.test(protocol) && hostname !== '' ? text : undefined;
}

export type SplitPercent = readonly [train: number, validation: number, test: number];

export function readSplit(text: string): SplitPercent | undefined {
  const match = /^(\d+)\/(\d+)\/(\d+)$/.exec(text);
  if (match === null) return undefined;
  const [train, validation, test] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const isUsable = train + validation + test === 100 && Math.min(train, validation, test) >= 5;
  return isUsable ? [train, validation, test] : undefined;
}

/** `all`, a list of groups, or with a minus before each those that are left out; in the catalogue's order. */
export function readFeatureGroups(text: string): readonly FeatureGroup[] | undefined {
  const names = text.split(',').map((name) => name.trim().toLowerCase());
  if (names.length === 1 && names[0] === 'all') return FEATURE_GROUPS;
  const isLeftOut = names.every((name) => name.startsWith('-'));
  const given = new Set(isLeftOut ? names.map((name) => name.slice(1).trim()) : names);
  const known: readonly string[] = FEATURE_GROUPS;
  if ([...given].some((name) => !known.includes(name))) return undefined;
  const groups = FEATURE_GROUPS.filter((group) => given.has(group) !== isLeftOut);
  return groups.length === 0 ? undefined : groups;
}

/** A limit over a stretch of bars, `3/24`; `off` turns it off. */
export type PerBars = readonly [limit: number, bars: number] | 'off';

const MAX_WINDOW_BARS = 10_000;

/** Stops and bars, both from 1 up. */
export function readStopGuard(text: string): PerBars | undefined {
  const pair = readPerBars(text, /^(\d+)\/(\d+)$/);
  return pair === undefined || pair === 'off' || pair[0] >= 1 ? pair : undefined;
}

/** A loss in percent, below 0, and bars. */
export function readLosingSymbol(text: string): PerBars | undefined {
  const pair = readPerBars(text, /^(-\d+(?:\.\d+)?)\/(\d+)$/);
  return pair === undefined || pair === 'off' || pair[0] < 0 ? pair : undefined;
}

function readPerBars(text: string, form: RegExp): PerBars | undefined {
  if (text.toLowerCase() === 'off') return 'off';
  const match = form.exec(text);
  if (match === null) return undefined;
  const [limit, bars] = [Number(match[1]), Number(match[2])];
  return bars >= 1 && bars <= MAX_WINDOW_BARS ? [limit, bars] : undefined;
}

const GATES = ['baseline', 'strict', 'parity', 'baseline+champion', 'strict+champion'] as const;

/** `champion` may be added by a plus sign or a comma. */
export function readPromotionGate(text: string): (typeof GATES)[number] | undefined {
  const wanted = text.toLowerCase().replace(/\s*[,+]\s*/, '+');
  return GATES.find((gate) => gate === wanted);
}

/** Five fields, `0 2 * * 0`. */
export function readCron(text: string): string | undefined {
  const expression = text.replace(/\s+/g, ' ');
  return isCronExpression(expression) ? expression : undefined;
}

export function readTimeZone(text: string): string | undefined {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

/** `smtp://user:password@host:587`, or `smtps://` for a port that speaks TLS from the first byte. */
export function readSmtpUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname } = new URL(text);
  return /^smtps?:$/.test(protocol) && hostname !== '' ? text : undefined;
}

/** Two times of day, `22:00-07:00`; the second may lie on the next day. */
export type QuietHours = readonly [fromMinute: number, toMinute: number];

export function readQuietHours(text: string): QuietHours | undefined {
  const match = /^(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})$/.exec(text);
  if (match === null) return undefined;
  const [fromHour = 24, fromMinute = 60, toHour = 24, toMinute = 60] = match.slice(1).map(Number);
  if (Math.max(fromHour, toHour) > 23 || Math.max(fromMinute, toMinute) > 59) return undefined;
  const [from, to] = [fromHour * 60 + fromMinute, toHour * 60 + toMinute];
  return from === to ? undefined : [from, to];
}
