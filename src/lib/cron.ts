import { parse } from 'node-cron';

/** When something happens again and again: five fields of cron, in a time zone. */
export interface CronRule {
  readonly expression: string;
  /** IANA name, `UTC`. */
  readonly timeZone: string;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** 29 February can be eight years away (1896 to 1904, 2096 to 2104). */
const MAX_DAYS = 8 * 366;
/** Around a local time taken for UTC: more than any offset, so that it lies before and after a change of the clocks. */
const OFFSET_MARGIN_MS = 36 * HOUR_MS;
const FIELDS = 5;

/** The fields of an expression, as sets of local time. */
interface CronFields {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly isEveryHour: boolean;
  readonly isDayMatched: (date: Date) => boolean;
}

/** Whether an expression is accepted here: five fields, on one kind of day, that match some time. */
export function isCronExpression(expression: string): boolean {
  try {
    return nextOccurrence({ expression, timeZone: 'UTC' }, Date.UTC(2024, 0, 1)) !== undefined;
  } catch {
    return false;
  }
}

/**
 * First time strictly after `afterMs` at which the rule holds; undefined where it never does. A rule for
 * every hour follows elapsed time. Any other happens once for each local time: at the end of the gap where
 * the clocks skip that time in spring, and at the first of the two where they repeat it in autumn.
 *
 * node-cron itself only computes from now on, and drops what spring skips (a weekly run would wait a week
 * longer). So its parser reads the fields, and the mapping from local time to instants is here.
 *
 * @throws Error for an expression that is not accepted
 */
export function nextOccurrence(rule: CronRule, afterMs: number): number | undefined {
  const fields = readFields(rule.expression);
  const zone = new Zone(rule.timeZone);
  const firstDay = floorTo(afterMs + zone.offsetMs(afterMs), DAY_MS);
  for (let day = firstDay; day < firstDay + MAX_DAYS * DAY_MS; day += DAY_MS) {
    if (!fields.isDayMatched(new Date(day))) continue;
    const instants = fields.hours
      .flatMap((hour) => fields.minutes.map((minute) => day + hour * HOUR_MS + minute * MINUTE_MS))
      .flatMap((localMs) => instantsOf(localMs, zone, fields))
      .filter((instant) => instant > afterMs);
    if (instants.length > 0) return Math.min(...instants);
  }
  return undefined;
}

/**
 * Seconds, nicknames, `L`, `W` and `#` are refused, because cron(8) does not know them. So is a day of the
 * month together with a day of the week: node-cron wants both to match, cron(8) either.
 */
function readFields(expression: string): CronFields {
  const texts = expression.trim().split(/\s+/);
  if (texts.length !== FIELDS) throw new Error(`"${expression}" has not ${FIELDS} fields`);
  if (texts[2] !== '*' && texts[4] !== '*') {
    throw new Error(`"${expression}" restricts both the day of the month and of the week`);
  }
  const { minute, hour, dayOfMonth, month, dayOfWeek } = parse(texts.join(' '));
  if ([...dayOfMonth, ...dayOfWeek].some((day) => typeof day === 'string')) {
    throw new Error(`"${expression}" uses L, W or #`);
  }
  return {
    minutes: minute,
    hours: hour,
    isEveryHour: hour.length === 24,
    isDayMatched: (date) =>
      month.includes(date.getUTCMonth() + 1) &&
      dayOfMonth.includes(date.getUTCDate()) &&
      dayOfWeek.includes(date.getUTCDay()),
  };
}

/** The instants of a local time, given as if it were UTC, by the rule that `nextOccurrence` states. */
function instantsOf(localMs: number, zone: Zone, { isEveryHour }: CronFields): readonly number[] {
  const before = zone.offsetMs(localMs - OFFSET_MARGIN_MS);
  const after = zone.offsetMs(localMs + OFFSET_MARGIN_MS);
  const candidates = [...new Set([localMs - before, localMs - after])].sort((a, b) => a - b);
  const instants = candidates.filter((instant) => instant + zone.offsetMs(instant) === localMs);
  if (isEveryHour) return instants;
  return instants.length > 0 ? instants.slice(0, 1) : [findChange(localMs, zone)];
}

/** The instant around that local time from which on the later offset holds: the end of the gap. */
function findChange(localMs: number, zone: Zone): number {
  let before = localMs - OFFSET_MARGIN_MS;
  let after = localMs + OFFSET_MARGIN_MS;
  const oldOffsetMs = zone.offsetMs(before);
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (zone.offsetMs(middle) === oldOffsetMs) before = middle;
    else after = middle;
  }
  return after;
}

/** A time zone by the system's own tables. */
class Zone {
  readonly #format: Intl.DateTimeFormat;

  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'iso8601',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** Local time less UTC at that instant. */
  offsetMs(instant: number): number {
    const parts = new Map(
      this.#format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]),
    );
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? NaN;
    const localMs = Date.UTC(
      part('year'),
      part('month') - 1,
      part('day'),
      part('hour'),
      part('minute'),
      part('second'),
    );
    return localMs - floorTo(instant, 1000);
  }
}

function floorTo(value: number, step: number): number {
  return Math.floor(value / step) * step;
}
