import type { Page, Response } from 'playwright-core';
import { z } from 'zod';
import type { Database } from '../../src/storage/database/database.js';
import type { Stores } from '../../src/storage/stores.js';
import { fillStores } from '../api/api-rig.js';
import {
  aCandle,
  aDecision,
  aModelRecord,
  HOUR_MS,
  KEY,
  SERIES_KEY,
  START_MS,
} from '../storage/rows.js';

export const MODELS = 500;
export const CANDLES = 50_000;
/** Text of a failure and of a reason that would do something if it were HTML. */
export const INJECTED = '<img src=x onerror="document.title=\'taken over\'">';
/** Names as venues and files of items have them. */
export const ODD_NAMES = [
  '1000SATS/USDT',
  '★ Karambit | Doppler™ "Ruby"',
  "M4A1-S | Player's Two",
] as const;
/** The market with that many candles. */
export const LONG_MARKET = `/market?symbol=${encodeURIComponent(KEY.symbol)}`;

/** Stores as many models and candles as a dashboard ever has to show. */
export async function fillManyRows(stores: Stores): Promise<void> {
  await fillStores(stores);
  for (let index = 0; index < MODELS; index++) {
    const symbol = ODD_NAMES[index] ?? `COIN${index}/USDT`;
    const isFailed = index % 7 === 3;
    await stores.models.insert(
      aModelRecord({
        ...{ symbol, trainedAt: START_MS - index * HOUR_MS },
        ...(isFailed ? { status: 'failed' as const, errorMessage: `${INJECTED} `.repeat(9) } : {}),
      }),
    );
  }
  await stores.decisions.insert(
    aDecision({ candleOpenTime: START_MS + 49 * HOUR_MS, reason: INJECTED }),
  );
  const { id } = await stores.series.ensure(SERIES_KEY);
  const candles = Array.from({ length: CANDLES }, (_, bar) => ({
    ...aCandle(0),
    openTime: START_MS - (bar + 1) * HOUR_MS,
  }));
  await stores.candles.upsert(id, candles, 'rest');
}

/** Stores a signal and a decision on each of those candles, of which `fillManyRows` has a few. */
export async function signalMany(database: Database): Promise<void> {
  const at = (bar: number) => ({ candle_open_time: START_MS - (bar + 1) * HOUR_MS });
  await copyRow(database, 'signals', (bar) => ({ ...at(bar), uid: copyUid(bar) }));
  await copyRow(database, 'decisions', (bar) => {
    const uid = copyUid(bar);
    return { ...at(bar), uid, signal_uid: uid };
  });
}

export function copyUid(copy: number): string {
  return `COPY${String(copy).padStart(22, '0')}`;
}

/** Stores copies of the newest row of a table, each with other values. */
export async function copyRow(
  database: Database,
  table: string,
  changesOf: (copy: number) => Readonly<Record<string, unknown>>,
  copies = CANDLES,
): Promise<void> {
  await database.run(async (knex) => {
    const row = (await knex(table).orderBy('id', 'desc').first()) as Readonly<
      Record<string, unknown>
    >;
    const values = Object.fromEntries(Object.entries(row).filter(([name]) => name !== 'id'));
    const rows = Array.from({ length: copies }, (_, copy) => ({ ...values, ...changesOf(copy) }));
    await knex.batchInsert(table, rows, 500);
  });
}

/** A part of a series as the dashboard asked for it and got it. */
export interface CandlePage {
  /** Undefined where the newest were asked for. */
  readonly to: string | null;
  readonly limit: number;
  /** Opening times, oldest first. */
  readonly times: readonly string[];
}

const candles = z.object({ candles: z.array(z.object({ open_time: z.string() })) });

/** Collects the parts of series that a page reads, in the order of their answers. */
export function watchCandles(page: Page): readonly CandlePage[] {
  const pages: CandlePage[] = [];
  const take = async (response: Response): Promise<void> => {
    const { pathname, searchParams } = new URL(response.url());
    if (!pathname.startsWith('/api/candles/')) return;
    const answer = candles.parse(await response.json());
    pages.push({
      to: searchParams.get('to'),
      limit: Number(searchParams.get('limit')),
      times: answer.candles.map((one) => one.open_time),
    });
  };
  // An answer that the page left behind cannot be read any more.
  page.on('response', (response) => void take(response).catch(() => undefined));
  return pages;
}

const thoughts = z.object({
  signals: z.array(z.object({ candle_open_time: z.string() })).optional(),
  decisions: z.array(z.object({ candle_open_time: z.string() })).optional(),
});

/** Collects the opening times of the candles of whose signals, or decisions, a page reads. */
export function watchThoughts(page: Page, of: 'signals' | 'decisions'): ReadonlySet<string> {
  const times = new Set<string>();
  const take = async (response: Response): Promise<void> => {
    if (new URL(response.url()).pathname !== `/api/${of}`) return;
    const rows = thoughts.parse(await response.json())[of] ?? [];
    for (const row of rows) times.add(row.candle_open_time);
  };
  page.on('response', (response) => void take(response).catch(() => undefined));
  return times;
}

/** When the candle that the page tells of was opened. */
export async function openedAt(page: Page): Promise<number> {
  const told = page
    .getByRole('region', { name: /candle$/ })
    .locator('time')
    .first();
  return Date.parse((await told.getAttribute('datetime')) ?? '');
}

/** A hand on the chart of a market. */
export class Panning {
  readonly #page: Page;
  readonly #place: { readonly x: number; readonly y: number };

  private constructor(page: Page, place: { readonly x: number; readonly y: number }) {
    this.#page = page;
    this.#place = place;
  }

  static async on(page: Page): Promise<Panning> {
    const place = await page.getByRole('img', { name: /^BTC\/USDT/ }).boundingBox();
    if (place === null) throw new Error('The chart has no place');
    await page.mouse.move(place.x + 200, place.y + 100);
    return new Panning(page, place);
  }

  /** Draws the chart to the right by most of its width: older candles come into sight. */
  async back(): Promise<void> {
    const { mouse } = this.#page;
    const { x, y } = this.#place;
    await mouse.down();
    await mouse.move(x + 900, y + 100, { steps: 7 });
    await mouse.up();
    await mouse.move(x + 200, y + 100);
  }

  /** Moves within the same candle, so that the page tells of the one that lies there now. */
  async pointAgain(): Promise<void> {
    const { x, y } = this.#place;
    await this.#page.mouse.move(x + 200, y + 120);
    await this.#page.mouse.move(x + 200, y + 100);
  }

  /** The way back to the newest. */
  async forth(): Promise<void> {
    const { mouse } = this.#page;
    const { x, y } = this.#place;
    await mouse.move(x + 900, y + 100);
    await mouse.down();
    await mouse.move(x + 200, y + 100, { steps: 7 });
    await mouse.up();
  }

  /** Turns the wheel until candles are as narrow as they get. */
  async narrow(): Promise<void> {
    for (let turn = 0; turn < 40; turn++) {
      await this.#page.mouse.wheel(0, 400);
      // Of several turns within a frame the browser makes one.
      await this.#page.evaluate('new Promise(requestAnimationFrame)');
    }
  }
}
