import SqliteDatabase from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Reader } from '../../storage/connection/connections.js';
import type { DatabaseLocation } from '../../storage/connection/location.js';
import { SharedReader } from './shared-reader.js';

let folder: string;
let location: DatabaseLocation & { readonly file: string };
let shared: SharedReader;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-reader-'));
  location = { engine: 'sqlite', file: path.join(folder, 'a.sqlite') };
  write('first');
  shared = new SharedReader();
});
afterEach(async () => {
  vi.useRealTimers();
  await shared.close();
  rmSync(folder, { recursive: true, force: true });
});

function write(word: string): void {
  rmSync(location.file, { force: true });
  const database = new SqliteDatabase(location.file);
  database.exec('CREATE TABLE words (word TEXT)');
  database.prepare('INSERT INTO words VALUES (?)').run(word);
  database.close();
}

const itself = (reader: Reader): Promise<Reader> => Promise.resolve(reader);
const readWord = async (reader: Reader): Promise<unknown> =>
  (await reader.selectRows('SELECT word FROM words', []))[0]?.[0];

describe('a shared reader', () => {
  it('reads one series after the other over one connection', async () => {
    expect(await shared.use(location, itself)).toBe(await shared.use(location, itself));
  });

  it('connects anew after a failure, which the caller is told', async () => {
    const first = await shared.use(location, itself);
    const failing = shared.use(location, (reader) => reader.selectRows('SELECT nothing', []));
    await expect(failing).rejects.toThrow(/nothing/);
    expect(await shared.use(location, itself)).not.toBe(first);
  });

  it('keeps no connection when it is idle, so that a file put in place of another is read', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    expect(await shared.use(location, readWord)).toBe('first');
    write('second');
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await shared.use(location, readWord)).toBe('second');
  });

  it('can connect again after its database was away', async () => {
    rmSync(location.file);
    await expect(shared.use(location, readWord)).rejects.toThrow(/a\.sqlite/);
    write('back');
    expect(await shared.use(location, readWord)).toBe('back');
  });
});
