import { setTimeout } from 'node:timers/promises';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mysqlSettings, mysqlSkipReason } from '../database.js';
import { fillTables } from './fill-tables.js';
import { startScript, type Command } from './run-command.js';
import { TransferFixture } from './transfer-fixture.js';

const isLong = process.env['EVENKEEL_TEST_LONG'] === 'true';
const KILLS = isLong ? 30 : 4;
const CANDLES = isLong ? 60_000 : 15_000;
const SEED = 20_261_121;

let fixture: TransferFixture;

beforeEach(async () => {
  fixture = new TransferFixture();
  await fixture.create();
  fillTables(fixture.file, { from: 0, count: 150 });
  addCandles(CANDLES);
});

afterEach(() => fixture.remove());

function addCandles(count: number): void {
  const database = new SqliteDatabase(fixture.file);
  const insert = database.prepare(
    'INSERT INTO market_data VALUES (?, ?, ?, ?, ?, ?, ?, 1, 0, 1700000000000)',
  );
  database.transaction(() => {
    for (let index = 0; index < count; index++) {
      const close = Math.exp(Math.sin(index)) * 1e-4;
      const values = [close * 0.99, close * 1.01, close * 0.98, close, index / 7];
      insert.run(1 + (index % 3), 1e12 + Math.floor(index / 3) * 60_000, ...values);
    }
  })();
  database.close();
}

function start(): Command {
  return startScript('migrate-sqlite-to-mysql', ['--json', '--source', fixture.file], {
    ...mysqlSettings(fixture.location),
    DATA_DIR: fixture.folder,
  });
}

/** mulberry32: the same moments at each run of the test. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const title = `a copy that is killed${mysqlSkipReason === undefined ? '' : ` (skipped: ${mysqlSkipReason})`}`;

describe.skipIf(mysqlSkipReason !== undefined)(title, () => {
  it(
    `${KILLS} times at random moments ends with equal contents when it is started again`,
    async () => {
      const random = seededRandom(SEED);
      const began = performance.now();
      expect((await start().end).code).toBe(0);
      const wholeMs = performance.now() - began;
      await fixture.remove();
      await fixture.createAgain(() => {
        fillTables(fixture.file, { from: 0, count: 150 });
        addCandles(CANDLES);
      });
      let killed = 0;
      for (let attempt = 0; attempt < KILLS; attempt++) {
        const { child, end } = start();
        // Half of the kills while the schema and the first rows are made, half anywhere.
        await Promise.race([setTimeout(wholeMs * (attempt % 2 === 0 ? 0.5 : 1) * random()), end]);
        child.kill('SIGKILL');
        if ((await end).signal === 'SIGKILL') killed += 1;
      }
      expect(killed).toBeGreaterThan(0);
      const last = await start().end;
      expect({ code: last.code, stderr: last.stderr.includes('rror') }).toEqual({
        code: 0,
        stderr: false,
      });
      const { source, target } = await fixture.contents();
      expect(target).toEqual(source);
      const again = await start().end;
      const { tables } = JSON.parse(again.stdout) as { tables: { inserted: number }[] };
      expect(tables.filter(({ inserted }) => inserted > 0)).toEqual([]);
    },
    KILLS * 60_000,
  );
});
