import type { Candle } from '../../domain/candle.js';
import type { Series } from '../../domain/market.js';
import type { Timeframe } from '../../domain/timeframe.js';
import { inChunks } from '../../storage/rows/write-rows.js';
import type { UpsertCounts } from '../../storage/stores/candle-store.js';
import type { ItemAttribute } from '../../storage/stores/item-attribute-store.js';
import type { Stores } from '../../storage/stores.js';
import type { FileAttributes } from './attribute-columns.js';
import type { FileItem, ItemBars } from './bar-window.js';
import type { LeftOutColumn } from './columns.js';
import type { NameParser } from './name-pattern.js';

/** A daemon beside this import waits for no longer than these take. */
const ITEMS_AT_ONCE = 50;

export interface ItemWriterOptions {
  readonly venue: string;
  readonly timeframe: Timeframe;
  /** Of every item; what the file says goes before. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly attributeColumns?: readonly string[] | undefined;
  readonly parseName: NameParser | undefined;
}

type WriterStores = Pick<Stores, 'series' | 'candles' | 'itemAttributes' | 'transaction'>;

/** Stores bars and attributes of the items of one file. */
export class ItemWriter {
  readonly #options: ItemWriterOptions;
  readonly #stores: WriterStores;
  readonly #series = new Map<string, Series>();
  readonly #names = new Set<string>();

  constructor(options: ItemWriterOptions, stores: WriterStores) {
    this.#options = options;
    this.#stores = stores;
  }

  /** Names of the attributes that were stored. */
  get attributeNames(): readonly string[] {
    return [...this.#names].sort();
  }

  /**
   * Bars go in as the candle store cuts them: transactions short enough for a daemon on the same
   * database. What a kill leaves out comes with the next import of the file.
   */
  async writeBars(bars: readonly ItemBars[]): Promise<UpsertCounts> {
    const counts = { inserted: 0, revised: 0, unchanged: 0 };
    const fresh = bars.filter(({ item }) => !this.#series.has(item.symbol));
    for await (const some of inChunks(fresh, ITEMS_AT_ONCE)) await this.#open(some);
    for (const { item, candles } of bars) {
      const series = await this.#seriesWithVolume(item, candles);
      const stored = await this.#stores.candles.upsert(series.id, candles, 'csv');
      counts.inserted += stored.inserted;
      counts.revised += stored.revised;
      counts.unchanged += stored.unchanged;
    }
    return counts;
  }

  async readBar({ symbol }: FileItem, openTime: number): Promise<Candle | undefined> {
    const series =
      this.#series.get(symbol) ?? (await this.#stores.series.find(this.#keyOf(symbol)));
    if (series === undefined) return undefined;
    const range = { fromOpenTime: openTime, toOpenTime: openTime };
    return (await this.#stores.candles.read(series.id, range))[0];
  }

  /**
   * Stores what is known of the items. A value that differs from the stored one replaces it only where
   * it was asked for by name: otherwise the column has changed between two imports, so it describes no
   * item.
   *
   * @returns columns that were left out for that
   */
  async writeAttributes(
    items: ReadonlyMap<string, FileItem>,
    { values }: FileAttributes,
  ): Promise<readonly LeftOutColumn[]> {
    const changed = new Map<string, number>();
    for await (const some of inChunks([...items.keys()], ITEMS_AT_ONCE)) {
      const rows: ItemAttribute[] = [];
      for (const symbol of some) {
        rows.push(...(await this.#attributeRows({ symbol, values: values.get(symbol), changed })));
      }
      await this.#stores.itemAttributes.set(rows);
    }
    return [...changed].map(([name, count]) => ({
      name,
      reason: `another value is stored for ${count} items, which stays unless --attributes ${name} says so`,
    }));
  }

  /** Items whose names the pattern does not fit. */
  findUnparsed(symbols: Iterable<string>): readonly string[] {
    const { parseName } = this.#options;
    if (parseName === undefined) return [];
    return [...symbols].filter((symbol) => parseName(symbol) === undefined);
  }

  async #attributeRows(item: {
    readonly symbol: string;
    readonly values: ReadonlyMap<string, string> | undefined;
    readonly changed: Map<string, number>;
  }): Promise<readonly ItemAttribute[]> {
    const { venue, attributes, parseName, attributeColumns = [] } = this.#options;
    const { symbol, values, changed } = item;
    const told = { ...attributes, ...parseName?.(symbol) };
    const wanted = new Set(attributeColumns.map((name) => name.toLowerCase()));
    const isImplied = values !== undefined && [...values.keys()].some((name) => !wanted.has(name));
    const stored = isImplied ? await this.#stores.itemAttributes.find(venue, symbol) : {};
    for (const [name, value] of values ?? []) {
      const before = stored[name];
      if (before === undefined || before === value || wanted.has(name)) told[name] = value;
      else changed.set(name, (changed.get(name) ?? 0) + 1);
    }
    for (const name of Object.keys(told)) this.#names.add(name);
    return Object.entries(told).map(([name, value]) => ({ venue, symbol, name, value }));
  }

  /** Several series are made in one transaction: each waits for the disk. */
  async #open(bars: readonly ItemBars[]): Promise<void> {
    const opened = await this.#stores.transaction(async (tx) => {
      const found: [string, Series][] = [];
      for (const { item, candles } of bars) {
        const key = this.#keyOf(item.symbol);
        const known = await tx.series.find(key);
        const series = known ?? (await tx.series.ensure({ ...key, marketId: item.symbol }));
        const isFlat = known === undefined && !hasVolume(candles);
        if (isFlat) await tx.series.setHasVolume(series.id, false);
        found.push([item.symbol, isFlat ? { ...series, hasVolume: false } : series]);
      }
      return found;
    });
    for (const [symbol, series] of opened) this.#series.set(symbol, series);
  }

  /** A series counts as one without volume until a bar of it has some. */
  async #seriesWithVolume({ symbol }: FileItem, candles: readonly Candle[]): Promise<Series> {
    const series = this.#series.get(symbol);
    if (series === undefined) throw new Error(`Broken invariant: no series for ${symbol}`);
    if (series.hasVolume || !hasVolume(candles)) return series;
    await this.#stores.series.setHasVolume(series.id, true);
    const changed = { ...series, hasVolume: true };
    this.#series.set(symbol, changed);
    return changed;
  }

  #keyOf(symbol: string): Pick<Series, 'venue' | 'symbol' | 'timeframe'> {
    const { venue, timeframe } = this.#options;
    return { venue, symbol, timeframe };
  }
}

function hasVolume(candles: readonly Candle[]): boolean {
  return candles.some(({ volume }) => volume > 0);
}
