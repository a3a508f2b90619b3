import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError, TransientError } from '../../src/lib/errors.js';
import {
  chooseEngine,
  type ChosenEngine,
  findFallbackNote,
  forgetFallback,
  noteFallback,
} from '../../src/coordination/choose-engine.js';
import type { MysqlLocation, SqliteLocation } from '../../src/storage/connection/location.js';
import { fixedClock } from './fixed-clock.js';

let folder = '';
let chosen: ChosenEngine | undefined;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-choice-'));
});

afterEach(async () => {
  await chosen?.database.close();
  chosen = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const file = (): SqliteLocation => ({ engine: 'sqlite', file: path.join(folder, 'a.sqlite') });

/** Nobody listens on port 1. */
const absent: MysqlLocation = {
  engine: 'mysql',
  host: '127.0.0.1',
  port: 1,
  user: 'u',
  password: 'hunter2',
  database: 'd',
};

/** Waits take no time. */
function context() {
  const slept: number[] = [];
  const clock = { ...fixedClock(), sleep: async (ms: number) => void slept.push(ms) };
  const errors: string[] = [];
  const logger = { ...SILENT_LOGGER, error: (message: string) => void errors.push(message) };
  return { clock, logger, slept, errors };
}

describe('the engine', () => {
  it('is SQLite where MySQL does not answer, loudly, after some patience', async () => {
    const tools = context();
    chosen = await chooseEngine({ ...tools, wanted: absent, fallback: file() });
    expect(chosen.database.engine).toBe('sqlite');
    expect(chosen.fallbackReason).toMatch(/127\.0\.0\.1:1 does not answer.*Start the server/);
    expect(tools.slept).toHaveLength(5);
    expect(tools.errors.join()).toMatch(/GOING ON WITH SQLITE.*no position is opened/);
    expect(tools.errors.join()).not.toContain('hunter2');
  });

  it('is SQLite at once where a setting of MySQL is wrong', async () => {
    const tools = context();
    const wanted = { ...absent, charset: 'klingon' };
    chosen = await chooseEngine({ ...tools, wanted, fallback: file() });
    expect(chosen.fallbackReason).toMatch(/MYSQL_CHARSET=klingon/);
    expect(tools.slept).toEqual([]);
  });

  it('is refused where there is to be no fallback', async () => {
    const wishes = { ...context(), fallback: undefined };
    await expect(chooseEngine({ ...wishes, wanted: absent })).rejects.toThrow(TransientError);
    const wrong = { ...absent, charset: 'klingon' };
    await expect(chooseEngine({ ...wishes, wanted: wrong })).rejects.toThrow(ConfigError);
  });

  it('falls back to a file of its own where the server’s schema is made by hand', async () => {
    const wishes = { ...context(), mayCreate: false };
    chosen = await chooseEngine({ ...wishes, wanted: absent, fallback: file() });
    expect(await chosen.database.ask('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('makes no file where the schema is made by hand, and names the command', async () => {
    const wishes = { ...context(), mayCreate: false, wanted: file(), fallback: undefined };
    const named =
      /AUTO_CREATE_SCHEMA=false, but .*a\.sqlite lacks steps .*AUTO_CREATE_SCHEMA=true npm start/;
    await expect(chooseEngine(wishes)).rejects.toThrow(named);
    expect(existsSync(file().file)).toBe(false);
    chosen = await chooseEngine({ ...wishes, mayCreate: true });
    await chosen.database.close();
    chosen = await chooseEngine(wishes);
    expect(chosen.fallbackReason).toBeUndefined();
  });
});

describe('what was collected meanwhile', () => {
  it('is remembered from the first fallback until it is carried over', () => {
    expect(findFallbackNote(folder)).toBeUndefined();
    noteFallback(folder, { since: '2026-01-01T00:00:00.000Z', reason: 'away' });
    noteFallback(folder, { since: '2026-02-01T00:00:00.000Z', reason: 'again' });
    expect(findFallbackNote(folder)).toBe('2026-01-01T00:00:00.000Z');
    forgetFallback(folder);
    forgetFallback(folder);
    expect(findFallbackNote(folder)).toBeUndefined();
  });
});
