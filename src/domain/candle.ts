/**
 * One bar of a series. Prices in quote currency per unit of base, volume in base units,
 * `openTime` in epoch milliseconds UTC. A candle is only called closed once the venue's
 * clock has passed `openTime + timeframe`.
 */
export interface Candle {
  readonly openTime: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** Names what is wrong with a candle taken by itself, or returns undefined when nothing is. */
export function findCandleDefect(candle: Candle): string | undefined {
  if (isSound(candle)) return undefined;
  const { openTime, open, high, low, close, volume } = candle;
  if (!Number.isSafeInteger(openTime) || openTime < 0) return `open time ${openTime} is not a time`;
  if (!isPrice(open)) return `open ${open} is not a positive number`;
  if (!isPrice(high)) return `high ${high} is not a positive number`;
  if (!isPrice(low)) return `low ${low} is not a positive number`;
  if (!isPrice(close)) return `close ${close} is not a positive number`;
  if (!Number.isFinite(volume) || volume < 0) return `volume ${volume} is not a number from 0 up`;
  if (high < Math.max(open, close)) return `high ${high} lies below open or close`;
  if (low > Math.min(open, close)) return `low ${low} lies above open or close`;
  return undefined;
}

/** All of it at once, because nearly every candle is: not a number compares as false. */
function isSound({ openTime, open, high, low, close, volume }: Candle): boolean {
  const isInRange = low > 0 && low <= open && low <= close && high >= open && high >= close;
  const isFinite = high < Infinity && volume >= 0 && volume < Infinity;
  return isInRange && isFinite && openTime >= 0 && Number.isSafeInteger(openTime);
}

function isPrice(value: number): boolean {
  return Number.isFinite(value) && value > 0;
}

/** An empty bar traded nothing and moved nothing: readers synthesise it, so it is not stored. */
export function isEmptyBar(candle: Candle, previousClose: number | undefined): boolean {
  const { open, high, low, close, volume } = candle;
  const isFlat = open === high && high === low && low === close;
  return volume === 0 && isFlat && (previousClose === undefined || close === previousClose);
}
