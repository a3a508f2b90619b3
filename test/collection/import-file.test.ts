import { mkdtemp, readFile, rm, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importFile, type ImportRequest } from '../../src/collection/files/import-file.js';
import type { ImportReport } from '../../src/collection/files/import-report.js';
import { parseNamePattern } from '../../src/collection/files/name-pattern.js';
import { RejectsFile } from '../../src/collection/files/rejects.js';
import { WatchedFolder } from '../../src/jobs/watched-folder.js';
import { ManualClock } from '../../src/lib/manual-clock.js';
import type { Stores } from '../../src/storage/stores.js';
import { forEachEngine, type TestEngine } from '../database.js';
import { recordingLogger, type LogLine } from '../training/recording-logger.js';

const NOW = Date.UTC(2024, 5, 3);
const CARDS = `timestamp,item,price,rarity
2024-06-01,Card | Holo (new),10,5
2024-06-01T08:00Z,Card | Holo (new),12,5
2024-06-02,Card | Holo (new),11,5
2024-06-01,Coin,7,
`;

forEachEngine((engine: TestEngine) => {
  describe('importing a file', () => {
    let folder: string;
    let stores: Stores;
    const clock = new ManualClock(NOW);

    beforeEach(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'evenkeel-import-'));
      ({ stores } = await engine.open({ clock }));
    });
    afterEach(() => rm(folder, { recursive: true, force: true }));

    const run = async (
      text: string,
      changes: Partial<ImportRequest> = {},
      rejects?: RejectsFile,
    ): Promise<ImportReport> => {
      const file = path.join(folder, 'items.csv');
      await writeFile(file, text);
      const request: ImportRequest = {
        file,
        name: 'cards',
        symbol: undefined,
        timeframe: '1d',
        attributes: {},
        parseName: parseNamePattern('{type} | {variant} ({condition})'),
        isDryRun: false,
        ...changes,
      };
      return importFile(request, { stores, clock, rejects });
    };

    it('stores the bars of every item and what is known of it', async () => {
      const report = await run(CARDS, { attributes: { origin: 'east' } });
      expect(report).toMatchObject({ rows: 4, items: 2, inserted: 3, merged: 1, rejected: [] });
      expect(report.unparsed).toEqual(['Coin']);
      const key = { venue: 'csv:cards', symbol: 'Card | Holo (new)', timeframe: '1d' } as const;
      const series = await stores.series.find(key);
      expect(series).toMatchObject({ hasVolume: false });
      const [first, second] = await stores.candles.read(series?.id ?? 0);
      expect(first).toMatchObject({ open: 10, high: 12, low: 10, close: 12 });
      expect(second).toMatchObject({ open: 11, close: 11 });
      expect(await stores.itemAttributes.find(key.venue, key.symbol)).toEqual({
        ...{ condition: 'new', origin: 'east', rarity: '5', type: 'Card', variant: 'Holo' },
      });
      expect(await stores.itemAttributes.find(key.venue, 'Coin')).toEqual({ origin: 'east' });
    });

    it('may be repeated, and takes over what has changed', async () => {
      const attributeColumns = ['rarity'];
      await run(CARDS);
      expect(await run(CARDS)).toMatchObject({ inserted: 0, revised: 0, unchanged: 3 });
      const changed = CARDS.replace('06-02,Card | Holo (new),11,5', '06-02,Card | Holo (new),15,6');
      const report = await run(changed, { attributeColumns });
      expect(report).toMatchObject({ inserted: 0, revised: 1, unchanged: 2 });
      const known = await stores.itemAttributes.find('csv:cards', 'Card | Holo (new)');
      expect(known).toMatchObject({ rarity: '6' });
    });

    it('lists the lines that it cannot use and stores the others', async () => {
      const rejects = path.join(folder, 'rejects', 'items.csv');
      const text = `${CARDS}2024-06-02,Coin,none,\n2024-06-02,Coin\n`;
      const report = await run(text, {}, new RejectsFile(rejects));
      expect(report.inserted).toBe(3);
      expect(report.rejected.map(({ line }) => line)).toEqual([6, 7]);
      expect(report.rejected[0]?.reason).toContain('is not a positive number');
      expect(report.rejected[1]?.reason).toBe('2 columns instead of 4');
      expect(await readFile(rejects, 'utf8')).toContain(
        '7,"2 columns instead of 4","2024-06-02,Coin"',
      );
      await run(CARDS, {}, new RejectsFile(rejects));
      await expect(readFile(rejects)).rejects.toThrow('ENOENT');
    });

    it('stores nothing when only asked what would be', async () => {
      expect(await run(CARDS, { isDryRun: true })).toMatchObject({ items: 2, inserted: 0 });
      expect(await stores.series.list({ venue: 'csv:cards' })).toEqual([]);
    });

    it('takes candles as they are, each bar once', async () => {
      const candles = `timestamp,open,high,low,close,volume
1717200000,1,2,1,2,10
1717200000,1,3,1,2,10
1717286400,2,2,2,2,5
`;
      const report = await run(candles, { symbol: 'GOLD', parseName: undefined });
      expect(report).toMatchObject({ inserted: 2, items: 1 });
      expect(report.rejected[0]?.reason).toContain('another candle of the same bar');
      const key = { venue: 'csv:cards', symbol: 'GOLD', timeframe: '1d' } as const;
      expect(await stores.series.find(key)).toMatchObject({ hasVolume: true });
    });

    it.each([
      ['', 'is empty'],
      ['time,amount\n1,2\n', 'nor price'],
    ])('refuses a file that is none', async (text, message) => {
      await expect(run(text)).rejects.toThrow(message);
    });

    it('reads a watched folder, and again what has changed', async () => {
      const place = path.join(folder, 'watched', 'cards', '1d');
      await mkdir(place, { recursive: true });
      const log: LogLine[] = [];
      const watched = new WatchedFolder({
        folder: path.join(folder, 'watched'),
        parseName: undefined,
        rejectsDir: path.join(folder, 'rejects'),
        recordsDir: path.join(folder, 'imports'),
        stores,
        clock,
        logger: recordingLogger(log),
      });
      const { signal } = new AbortController();
      expect(await watched.poll(signal)).toEqual([]);
      await writeFile(path.join(place, 'Coin.csv'), 'timestamp,price\n2024-06-01,5\n');
      await writeFile(path.join(place, 'bad.csv'), 'nothing\n');
      expect(await watched.poll(signal)).toMatchObject([{ items: 1, inserted: 1 }]);
      expect(await watched.poll(signal)).toEqual([]);
      expect(log.filter(({ level }) => level === 'warn')).toHaveLength(1);
      await writeFile(
        path.join(place, 'Coin.csv'),
        'timestamp,price\n2024-06-01,5\n2024-06-02,6\n',
      );
      expect(await watched.poll(signal)).toMatchObject([{ inserted: 1, unchanged: 1 }]);
      expect((await stores.series.list({ venue: 'csv:cards' })).map((one) => one.symbol)).toEqual([
        'Coin',
      ]);
    });
  });
});
