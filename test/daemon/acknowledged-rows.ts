import { z } from 'zod';
import { candle, decision, signal } from '../../src/api/contract/signals.js';
import { listAnswer } from '../../src/api/contract/common.js';
import { modelStatus } from '../../src/api/contract/model-status.js';
import { order, position, trade } from '../../src/api/contract/trading.js';
import type { DaemonChild } from './daemon-child.js';

export const SYMBOLS = ['SOL/USDT', 'ETH/USDT'];
const LISTS = {
  signals: signal,
  decisions: decision,
  positions: position,
  orders: order,
  trades: trade,
};
const candles = z.object({ candles: z.array(candle) });

type Row = Readonly<Record<string, unknown>>;

/** Rows and models that the API has answered: a kill must lose none of them. */
export class AcknowledgedRows {
  /** Rows by list and uid, candles by series and open time. */
  readonly #rows = new Map<string, Row>();
  readonly #models = new Set<string>();

  get size(): number {
    return this.#rows.size;
  }

  /** Names of served models. */
  get models(): readonly string[] {
    return [...this.#models];
  }

  /** Reads everything over the API. @throws when the daemon ends meanwhile */
  async read(daemon: DaemonChild): Promise<void> {
    for (const [name, row] of await readAll(daemon)) this.#rows.set(name, row);
    for (const symbol of SYMBOLS) {
      const answer = await daemon.fetch(`/api/model/status?symbol=${encodeURIComponent(symbol)}`);
      if (answer.status !== 200) continue;
      const { model_uid: uid } = modelStatus.parse(await answer.json());
      if (uid !== null) this.#models.add(uid);
    }
  }

  /** Rows that were answered before and are now gone, or differ in a field that does not change later. */
  async findLosses(daemon: DaemonChild): Promise<string[]> {
    const now = await readAll(daemon);
    const oldest = oldestCandles(now);
    return [...this.#rows].flatMap(([name, row]) => {
      const found = now.get(name);
      const start = oldest.find((candleName) => candleName.slice(0, 15) === name.slice(0, 15));
      if (start !== undefined && name < start) return [];
      if (found === undefined) return [`${name} is gone`];
      return changesOf(row, found).map((field) => `${name} has another ${field}`);
    });
  }
}

async function readAll(daemon: DaemonChild): Promise<Map<string, Row>> {
  const rows = new Map<string, Row>();
  for (const [name, shape] of Object.entries(LISTS)) {
    for (const row of await readList(daemon, name, shape)) {
      rows.set(`${name} ${String(row['uid'])}`, row);
    }
  }
  for (const symbol of SYMBOLS) {
    const answer = await daemon.fetch(`/api/candles/${encodeURIComponent(symbol)}?limit=1000`);
    if (answer.status !== 200) continue;
    for (const row of candles.parse(await answer.json()).candles) {
      rows.set(candleName(symbol, row.open_time), row);
    }
  }
  return rows;
}

/** Pages come newest first. Rows that are stored between two pages are found by the next call. */
async function readList(daemon: DaemonChild, name: string, shape: z.ZodType): Promise<Row[]> {
  const list: z.ZodType = listAnswer(name, shape);
  const rows: Row[] = [];
  for (let total = 1; rows.length < total;) {
    const page = await daemon.get(`/api/${name}?limit=1000&offset=${rows.length}`, list);
    const answer = page as { readonly total: number } & Record<string, Row[]>;
    rows.push(...(answer[name] ?? []));
    total = answer.total;
  }
  return rows;
}

function candleName(symbol: string, openTime: string): string {
  return `candle ${symbol} ${openTime}`;
}

/** The oldest candle of each symbol that the API still shows: it has the newest 1,000 only. */
function oldestCandles(now: ReadonlyMap<string, Row>): readonly string[] {
  const names = [...now.keys()].sort();
  return SYMBOLS.flatMap(
    (symbol) => names.find((name) => name.startsWith(`candle ${symbol}`)) ?? [],
  );
}

/** Fields that the daemon fills in later. All others are final. */
const GROWING = new Set([
  ...['outcome', 'hold_until', 'status', 'settled_at', 'stop_price'],
  // What is sold is no longer held.
  'held_base',
]);

/** Not of the row: the newest prices of its market, and none once the position has ended. */
const OF_THE_MARKET = new Set(['newest_close', 'newest_bid', 'newest_bid_at']);

function changesOf(before: Row, now: Row): string[] {
  // The time at which a position opens is known once its order is filled.
  const growing = before['status'] === 'opening' ? new Set([...GROWING, 'opened_at']) : GROWING;
  return Object.entries(before).flatMap(([field, value]) => {
    if (OF_THE_MARKET.has(field)) return [];
    if (growing.has(field)) return isStepBack(field, value, now[field]) ? [field] : [];
    if (value === null) return [];
    return JSON.stringify(value) === JSON.stringify(now[field]) ? [] : [field];
  });
}

const FINAL = new Set(['closed', 'filled', 'rejected', 'abandoned']);

function isStepBack(field: string, before: unknown, now: unknown): boolean {
  if (field === 'status') return FINAL.has(String(before)) && before !== now;
  return before !== null && now === null;
}
