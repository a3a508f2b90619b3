/** Minutes of the day from which on, and until which, little is told; the second may lie on the next day. */
export interface QuietHours {
  readonly fromMinute: number;
  readonly toMinute: number;
  /** IANA name; undefined for the zone of this machine. */
  readonly timeZone: string | undefined;
}

export function isQuiet(hours: QuietHours, wallMs: number): boolean {
  const { fromMinute, toMinute, timeZone } = hours;
  const minute = minuteOfDay(wallMs, timeZone);
  return fromMinute < toMinute
    ? minute >= fromMinute && minute < toMinute
    : minute >= fromMinute || minute < toMinute;
}

function minuteOfDay(wallMs: number, timeZone: string | undefined): number {
  const parts = new Intl.DateTimeFormat('en', {
    hour: 'numeric',
    minute: 'numeric',
    hourCycle: 'h23',
    ...(timeZone === undefined ? {} : { timeZone }),
  }).formatToParts(wallMs);
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  return of('hour') * 60 + of('minute');
}
