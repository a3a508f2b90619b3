import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError, HaltError, TransientError } from '../../src/lib/errors.js';
import { openDatabase } from '../../src/storage/database/database.js';
import { openStores, type Stores } from '../../src/storage/stores.js';
import { fixedClock } from './fixed-clock.js';
import { aCandle, aDecision, candles, SERIES_KEY } from './rows.js';

const isLong = process.env['EVENKEEL_TEST_LONG'] === 'true';
const CASES = isLong ? 200 : 20;
const SEED = 20_261_121;
const COMMITS = 40;
const CANDLES_A_COMMIT = 50;

const root = mkdtempSync(path.join(tmpdir(), 'evenkeel-damaged-'));
/** As a process leaves it that closes it, and as one that is killed: half of it in the log. */
const closed = path.join(root, 'closed', 'evenkeel.sqlite');
const killed = path.join(root, 'killed', 'evenkeel.sqlite');
const context = { clock: fixedClock(), logger: SILENT_LOGGER };

/** Mulberry32 (Tommy Ettinger, public domain). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One commit: some candles and the decision that names how many there are now. */
async function commit(stores: Stores, seriesId: number, number: number): Promise<void> {
  await stores.transaction(async (tx) => {
    const from = number * CANDLES_A_COMMIT;
    const chunk = Array.from({ length: CANDLES_A_COMMIT }, (_, index) => aCandle(from + index));
    await tx.candles.upsert(seriesId, chunk, 'rest');
    await tx.decisions.insert(aDecision({ reason: `${number + 1}`, candleOpenTime: number }));
  });
}

beforeAll(async () => {
  mkdirSync(path.dirname(closed));
  mkdirSync(path.dirname(killed));
  const database = await openDatabase({ engine: 'sqlite', file: closed }, context);
  const stores = openStores(database, context.clock);
  const { id } = await stores.series.ensure(SERIES_KEY);
  for (let number = 0; number < COMMITS; number++) {
    if (number === COMMITS / 2) await database.selectRows('PRAGMA wal_checkpoint(TRUNCATE)', []);
    await commit(stores, id, number);
  }
  copyFileSync(closed, killed);
  copyFileSync(`${closed}-wal`, `${killed}-wal`);
  await database.close();
});

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

interface Damage {
  readonly name: string;
  readonly of: string;
  readonly does: (file: string, random: () => number) => void;
  /** What it must come to; otherwise anything but silence. */
  readonly refusedAs?: RegExp;
}

const DAMAGES: readonly Damage[] = [
  { name: 'a cut log', of: killed, does: (file, random) => cut(`${file}-wal`, random) },
  {
    name: 'flipped bytes in the log',
    of: killed,
    does: (file, random) => flip(`${file}-wal`, random),
  },
  { name: 'a missing log', of: killed, does: (file) => rmSync(`${file}-wal`) },
  {
    name: 'flipped bytes in a closed file',
    of: closed,
    does: flip,
    refusedAs: /damaged: it is not what it was/,
  },
  { name: 'a cut file', of: closed, does: cut, refusedAs: /damaged|malformed|not a usable/ },
  { name: 'a cut file with its log', of: killed, does: cut },
  { name: 'an empty log', of: killed, does: (file) => truncateSync(`${file}-wal`, 0) },
  {
    name: 'a step from the future',
    of: closed,
    does: fromTheFuture,
    refusedAs: /newer than this program/,
  },
  {
    name: 'the format of another SQLite',
    of: closed,
    does: unknownFormat,
    refusedAs: /damaged|not a usable|cannot be written|newer/,
  },
  { name: 'a folder without write access', of: closed, does: withoutAccess },
];

function cut(file: string, random: () => number): void {
  truncateSync(file, Math.floor(statSync(file).size * random()));
}

/** One to eight bytes at random places, each with another value than before. */
function flip(file: string, random: () => number): void {
  const handle = openSync(file, 'r+');
  const byte = Buffer.alloc(1);
  const places = 1 + Math.floor(random() * 8);
  const { size } = statSync(file);
  for (let flipped = 0; flipped < places; flipped++) {
    const at = Math.floor(random() * size);
    readSync(handle, byte, 0, 1, at);
    byte[0] = (byte[0] ?? 0) ^ (1 + Math.floor(random() * 255));
    writeSync(handle, byte, 0, 1, at);
  }
  closeSync(handle);
}

function fromTheFuture(file: string): void {
  const database = new SqliteDatabase(file);
  database.exec("INSERT INTO evenkeel_migrations VALUES ('9999_from_the_future', 1)");
  database.close();
  rmSync(`${file}.sum`, { force: true });
}

/** Bytes 18 and 19 of the header: the versions of the format for writing and reading. */
function unknownFormat(file: string): void {
  const handle = openSync(file, 'r+');
  writeSync(handle, Buffer.from([9, 9]), 0, 2, 18);
  closeSync(handle);
  rmSync(`${file}.sum`, { force: true });
}

function withoutAccess(file: string): void {
  chmodSync(file, 0o400);
  chmodSync(path.dirname(file), 0o500);
}

type Outcome =
  | { readonly status: 'state'; readonly commits: number }
  | { readonly status: 'refused'; readonly error: Error };

/** Opens it as the daemon does and reads everything that the commits wrote. */
async function lookAt(file: string): Promise<Outcome> {
  try {
    const database = await openDatabase({ engine: 'sqlite', file }, context);
    try {
      return { status: 'state', commits: await commitsIn(openStores(database, context.clock)) };
    } finally {
      await database.close();
    }
  } catch (error) {
    return { status: 'refused', error: error as Error };
  }
}

/** The number of commits whose rows are all there and as they were, and no others. */
async function commitsIn(stores: Stores): Promise<number> {
  const series = await stores.series.find(SERIES_KEY);
  if (series === undefined) return 0;
  const found = await stores.candles.read(series.id);
  const { rows } = await stores.decisions.list({}, { limit: 1_000, offset: 0 });
  expect(rows.map(({ reason }) => Number(reason))).toEqual(rows.map((_, at) => rows.length - at));
  expect(found).toEqual(candles(rows.length * CANDLES_A_COMMIT));
  return rows.length;
}

function copyOf(template: string, at: number): string {
  const file = path.join(root, `case-${at}`, 'evenkeel.sqlite');
  mkdirSync(path.dirname(file));
  for (const end of ['', '-wal', '.sum']) {
    if (existsSync(template + end)) copyFileSync(template + end, file + end);
  }
  return file;
}

/** A commit, once it was read back, stays what it was, and a named error is one that a person can act on. */
function expectHonest(outcome: Outcome, damage: Damage): void {
  if (damage.refusedAs !== undefined) expect(outcome.status).toBe('refused');
  if (outcome.status === 'state') return;
  const named = [ConfigError, TransientError, HaltError].some(
    (type) => outcome.error instanceof type,
  );
  expect(named ? 'named' : outcome.error).toBe('named');
  expect(outcome.error.message).toMatch(damage.refusedAs ?? /evenkeel\.sqlite .{10,}/);
}

describe('a damaged SQLite file', () => {
  it('is whole before it is damaged', async () => {
    expect(await lookAt(copyOf(closed, 1_000))).toEqual({ status: 'state', commits: COMMITS });
    expect(await lookAt(copyOf(killed, 1_001))).toEqual({ status: 'state', commits: COMMITS });
  });

  it.each(Array.from({ length: CASES }, (_, at) => [at, DAMAGES[at % DAMAGES.length]?.name]))(
    'case %i, %s: opens to a committed state or is refused by name',
    async (at) => {
      const damage = DAMAGES[at % DAMAGES.length] as Damage;
      const file = copyOf(damage.of, at);
      damage.does(file, randomOf(SEED + at));
      const outcome = await lookAt(file);
      expectHonest(outcome, damage);
      // Looking does not make it worse: the next look finds the same.
      const again = await lookAt(file);
      expect(again.status).toBe(outcome.status);
      if (again.status === 'state') expect(again).toEqual(outcome);
    },
  );
});

const mountReason = process.getuid?.() === 0 ? undefined : 'needs the right to mount: run as root';

describe.skipIf(mountReason !== undefined)(
  `a disk that is full${mountReason === undefined ? '' : ` (skipped: ${mountReason})`}`,
  () => {
    it('leaves a committed state behind, also when the process is gone', async () => {
      const disk = path.join(root, 'disk');
      mkdirSync(disk);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1200k', 'tmpfs', disk]);
      try {
        const file = path.join(disk, 'evenkeel.sqlite');
        const database = await openDatabase({ engine: 'sqlite', file }, context);
        const stores = openStores(database, context.clock);
        const { id } = await stores.series.ensure(SERIES_KEY);
        let acknowledged = 0;
        const fill = async (): Promise<void> => {
          for (; acknowledged < 10_000; acknowledged++) await commit(stores, id, acknowledged);
        };
        await expect(fill()).rejects.toThrow(/disk of .* is full/);
        const copy = path.join(root, 'full', 'evenkeel.sqlite');
        mkdirSync(path.dirname(copy));
        for (const end of ['', '-wal']) copyFileSync(file + end, copy + end);
        await database.close();
        expect(await lookAt(copy)).toEqual({ status: 'state', commits: acknowledged });
        expect(await lookAt(file)).toEqual({ status: 'state', commits: acknowledged });
      } finally {
        execFileSync('umount', [disk]);
      }
    });
  },
);
