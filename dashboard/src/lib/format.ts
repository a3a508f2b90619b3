/** Figures and times as people read them. A figure that is not known is a dash. */

export const UNKNOWN = '–';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export function count(value: number): string {
  return value.toLocaleString('en-GB', { maximumFractionDigits: 0 });
}

/** `one: 'model'` for 1, and with an s for others. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

export function decimal(value: number | null | undefined, digits = 2): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN;
  return (
    value
      .toLocaleString('en-GB', { minimumFractionDigits: digits, maximumFractionDigits: digits })
      // What is rounded to nothing has no sign.
      .replace(/^-(?=[0.,]+$)/, '')
      .replace('-', '−')
  );
}

/** With its sign, so that colour is not all that tells a gain from a loss. */
export function signed(value: number | null | undefined, digits = 2): string {
  const text = decimal(value, digits);
  return typeof value === 'number' && value > 0 ? `+${text}` : text;
}

/** A fraction as percent: 0.05 is 5 %. */
export function percent(fraction: number | null | undefined, digits = 1): string {
  const text = decimal(typeof fraction === 'number' ? fraction * 100 : fraction, digits);
  return text === UNKNOWN ? text : `${text} %`;
}

export function signedPercent(fraction: number | null | undefined, digits = 2): string {
  const text = signed(typeof fraction === 'number' ? fraction * 100 : fraction, digits);
  return text === UNKNOWN ? text : `${text} %`;
}

/** Digits by the size of the price: 0.00002 and 60,000 both stay readable. */
export function priceDigits(price: number): number {
  if (!(price > 0)) return 2;
  return Math.max(2, Math.min(8, 5 - Math.ceil(Math.log10(price))));
}

export function price(value: number | string | null | undefined): string {
  if (value === null || value === undefined || value === '') return UNKNOWN;
  const number = Number(value);
  return decimal(number, priceDigits(Math.abs(number)));
}

/** An exact amount with at most eight digits behind the point, and none that say nothing. */
export function amount(value: string | number | null | undefined): string {
  if (value === null || value === undefined || value === '') return UNKNOWN;
  return Number(value).toLocaleString('en-GB', { maximumSignificantDigits: 8 }).replace('-', '−');
}

export function duration(ms: number): string {
  const minutes = Math.floor(Math.abs(ms) / 60_000);
  if (minutes < 1) return `${Math.floor(Math.abs(ms) / 1000)} s`;
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) {
    const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
    return rest === 0 || hours >= 10 ? `${hours} h` : `${hours} h ${rest} min`;
  }
  return `${Math.floor(minutes / 1440)} d`;
}

export interface TimeStyle {
  readonly zone: string | undefined;
  readonly nowMs: number;
  /** For what follows each other closely. */
  readonly withSeconds: boolean;
}

/** Date and time in a zone; the year only where it is not the one of `nowMs`. */
export function dateTime(iso: string, { zone, nowMs, withSeconds }: TimeStyle): string {
  const at = new Date(iso);
  const isOtherYear = !withSeconds && Math.abs(at.getTime() - nowMs) > 180 * DAY_MS;
  return at.toLocaleString('en-GB', {
    day: 'numeric',
    month: 'short',
    ...(isOtherYear ? { year: 'numeric' as const } : {}),
    hour: '2-digit',
    minute: '2-digit',
    ...(withSeconds ? { second: '2-digit' as const } : {}),
    timeZone: zone,
  });
}

/** `2026-11-29 14:00:03 UTC`, for the hint on a time. */
export function utc(iso: string): string {
  return `${iso.slice(0, 19).replace('T', ' ')} UTC`;
}

const WORDS: Readonly<Record<string, string>> = {
  stop: 'stop price reached',
  stop_loss: 'stop price reached',
  trailing: 'trailing stop reached',
  target: 'target price reached',
  take_profit: 'target price reached',
  signal: 'SELL signal',
  max_hold: 'holding time over',
  manual: 'closed by a person',
  closed_externally: 'gone from the account without an order of the daemon',
};

/** A code as words: `stop_loss` reads `stop loss`. */
export function words(code: string | null | undefined): string {
  if (code === null || code === undefined || code === '') return UNKNOWN;
  return WORDS[code] ?? code.replaceAll('_', ' ');
}

/** First letter large, as a sentence begins. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `2h ago`: short, for cards. */
export function age(hours: number): string {
  if (hours < 1) return `${Math.max(0, Math.floor(hours * 60))}m ago`;
  return hours < 48 ? `${Math.floor(hours)}h ago` : `${Math.floor(hours / 24)}d ago`;
}

export function megabytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return UNKNOWN;
  return value < 1 ? `${count(value * 1000)} kB` : `${decimal(value, 1)} MB`;
}

/** Symbol of the model of a bot that has one for all instruments. */
export function market(symbol: string): string {
  return symbol === '*' ? 'All markets' : symbol;
}
