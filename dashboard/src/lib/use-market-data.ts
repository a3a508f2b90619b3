import type { UTCTimestamp } from 'lightweight-charts';
import { onScopeDispose, ref, shallowRef, triggerRef, watch, type Ref, type ShallowRef } from 'vue';
import { call, CallError, messageOf, type Answer } from '../api/client';
import { useLive } from '../stores/live';
import { readFills, type Fill } from './read-fills';
import { readDecisions, readSignals, type Decision, type Signal } from './read-signals';

export interface Bar {
  readonly time: UTCTimestamp;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}
export type { Fill } from './read-fills';
export type { Decision, Signal } from './read-signals';
export type Position = Answer<'GET /api/positions'>['positions'][number];

export interface MarketKey {
  readonly symbol: string;
  readonly timeframe: '1h';
  readonly bot: string;
}

/** Candles of a part with what was thought and done on them. */
interface Part {
  readonly bars: readonly Bar[];
  readonly signals: readonly Signal[];
  readonly decisions: readonly Decision[];
  readonly fills: readonly Fill[];
}

const PAGE = 1000;
const FIRST = 500;
const NEWEST = 20;

export interface MarketData {
  readonly bars: ShallowRef<readonly Bar[]>;
  readonly signals: ShallowRef<Map<number, Signal>>;
  readonly decisions: ShallowRef<Map<number, Decision>>;
  readonly fills: ShallowRef<readonly Fill[]>;
  readonly position: ShallowRef<Position | undefined>;
  readonly error: Ref<string | undefined>;
  readonly isLoading: Ref<boolean>;
  /** Reads candles before the first, until there are none. */
  readonly loadOlder: () => Promise<void>;
  readonly reload: () => Promise<void>;
}

/** Everything about one market, kept up to date; older candles are read when they are asked for. */
export function useMarketData(key: Ref<MarketKey | undefined>): MarketData {
  const live = useLive();
  const bars: MarketData['bars'] = shallowRef([]);
  const signals: MarketData['signals'] = shallowRef(new Map<number, Signal>());
  const decisions: MarketData['decisions'] = shallowRef(new Map<number, Decision>());
  const fills: MarketData['fills'] = shallowRef([]);
  const position: MarketData['position'] = shallowRef();
  const error = ref<string>();
  const isLoading = ref(false);
  let isAll = false;
  /** Something new came while candles were read. */
  let isBehind = false;
  /** What was read last of the newest candles: what is the same is not drawn again. */
  let newest = '';
  let current = new AbortController();

  /** @returns false where another market has been chosen meanwhile */
  async function attempt(
    read: (of: MarketKey, signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const { value } = key;
    const { signal } = current;
    if (value === undefined) return;
    try {
      await read(value, signal);
      if (!signal.aborted) error.value = undefined;
    } catch (reason) {
      // A market without a stored series has no candle yet, which the page says itself.
      const isUnknown = reason instanceof CallError && reason.status === 404;
      if (!signal.aborted) error.value = isUnknown ? undefined : messageOf(reason);
    }
  }

  function take(part: Part, isNewest: boolean): void {
    const [first] = part.bars;
    if (isNewest) {
      const kept = bars.value.filter(({ time }) => first === undefined || time < first.time);
      bars.value = [...kept, ...part.bars];
    } else {
      bars.value = [...part.bars, ...bars.value];
    }
    add(signals, part.signals);
    add(decisions, part.decisions);
    addFills(part.fills);
  }

  /** What is known already is not drawn again. */
  function addFills(rows: readonly Fill[]): void {
    const known = new Set(fills.value.map(({ uid }) => uid));
    const others = rows.filter(({ uid }) => !known.has(uid));
    if (others.length > 0) fills.value = [...fills.value, ...others];
  }

  async function readPosition({ symbol }: MarketKey, signal: AbortSignal): Promise<void> {
    const query = { symbol, status: 'open', limit: 1 } as const;
    const [open] = (await call('GET /api/positions', { query, signal })).positions;
    if (!signal.aborted && !isSame(open, position.value)) position.value = open;
  }

  /** The position, and what was filled on the newest candles. */
  async function readBooks(of: MarketKey, signal: AbortSignal): Promise<void> {
    const since = bars.value.at(-NEWEST) ?? bars.value[0];
    const found = since === undefined ? [] : readFills(of.symbol, { from: isoOf(since) }, signal);
    const [rows] = await Promise.all([found, readPosition(of, signal)]);
    if (!signal.aborted) addFills(rows);
  }

  async function reload(): Promise<void> {
    current.abort();
    current = new AbortController();
    const own = current;
    isAll = false;
    isLoading.value = true;
    await attempt(async (of, signal) => {
      const [part] = await Promise.all([
        readPart(of, { limit: FIRST }, signal),
        readPosition(of, signal),
      ]);
      if (signal.aborted) return;
      bars.value = [];
      fills.value = [];
      signals.value = new Map();
      decisions.value = new Map();
      isAll = part.bars.length < FIRST;
      take(part, true);
    });
    if (own === current) await endLoading();
  }

  async function endLoading(): Promise<void> {
    isLoading.value = false;
    if (isBehind) await follow();
  }

  async function loadOlder(): Promise<void> {
    const [first] = bars.value;
    if (first === undefined || isAll || isLoading.value) return;
    const own = current;
    isLoading.value = true;
    await attempt(async (of, signal) => {
      const to = new Date(first.time * 1000 - 1).toISOString();
      const part = await readPart(of, { limit: PAGE, to }, signal);
      if (signal.aborted) return;
      isAll = part.bars.length < PAGE;
      if (part.bars.length > 0) take(part, false);
    });
    if (own === current) await endLoading();
  }

  async function follow(): Promise<void> {
    isBehind = isLoading.value;
    if (isBehind) return;
    if (bars.value.length === 0) return reload();
    await attempt(async (of, signal) => {
      const part = await readPart(of, { limit: NEWEST }, signal);
      const [firstNew, last] = [part.bars[0], bars.value.at(-1)];
      if (signal.aborted || firstNew === undefined || last === undefined) return;
      // More was missed than is read at once: the part between would stay empty.
      if (firstNew.time > last.time) return reload();
      const text = JSON.stringify(part);
      if (text !== newest) take(part, true);
      newest = text;
    });
  }

  watch(key, () => {
    bars.value = [];
    void reload();
  });
  watch(
    () => live.changes.market,
    () => void follow(),
  );
  watch(
    () => live.changes.books,
    () => void attempt(readBooks),
  );
  void reload();
  onScopeDispose(() => current.abort());
  return { bars, signals, decisions, fills, position, error, isLoading, loadOlder, reload };
}

async function readPart(
  { symbol, timeframe, bot }: MarketKey,
  page: { readonly limit: number; readonly to?: string },
  signal: AbortSignal,
): Promise<Part> {
  const { candles } = await call('GET /api/candles/{symbol}', {
    ...{ params: { symbol }, query: { timeframe, ...page }, signal },
  });
  const [from, to] = [candles[0]?.open_time, candles.at(-1)?.open_time];
  if (from === undefined || to === undefined) {
    return { bars: [], signals: [], decisions: [], fills: [] };
  }
  const query = { symbol, timeframe, bot, from, to };
  const [signals, decisions, fills] = await Promise.all([
    readSignals(query, signal),
    readDecisions(query, signal),
    // A candle is filled on until the next one opens; the newest one is not over.
    readFills(symbol, { from, to: page.to }, signal),
  ]);
  const bars = candles.map(({ open_time, ...prices }) => ({
    time: secondsOf(open_time),
    ...prices,
  }));
  // Newest first: of two on one candle the newer one counts.
  return {
    ...{ bars, fills },
    ...{ signals: signals.toReversed(), decisions: decisions.toReversed() },
  };
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Into the same map: a copy would take longer with each part that is read. */
function add<T extends { readonly candle_open_time: string }>(
  to: ShallowRef<Map<number, T>>,
  rows: readonly T[],
): void {
  for (const row of rows) to.value.set(secondsOf(row.candle_open_time), row);
  triggerRef(to);
}

function isoOf({ time }: Bar): string {
  return new Date(time * 1000).toISOString();
}

export function secondsOf(iso: string): UTCTimestamp {
  return (Date.parse(iso) / 1000) as UTCTimestamp;
}
