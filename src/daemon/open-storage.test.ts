import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readSettings } from '../../config/read-settings.js';
import { SystemClock } from '../lib/clock.js';
import { TransientError } from '../lib/errors.js';
import { SILENT_LOGGER } from '../lib/silent-logger.js';
import { openStorage, type OpenedStorage } from './open-storage.js';

/** The patience of a start is over at once. */
class HurriedClock extends SystemClock {
  override sleep(): Promise<void> {
    return Promise.resolve();
  }
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-storage-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function open(more: Readonly<Record<string, string>>): Promise<OpenedStorage> {
  const nobody = { MYSQL_HOST: '127.0.0.1', MYSQL_PORT: '1', MYSQL_USER: 'a', MYSQL_DB: 'b' };
  const environment = { MYSQL_ENABLED: 'true', MYSQL_PASSWORD: 'c', DATA_DIR: folder, ...nobody };
  const { settings } = readSettings({ ...environment, ...more });
  const { signal } = new AbortController();
  return openStorage(settings, { clock: new HurriedClock(), logger: SILENT_LOGGER, signal });
}

it('on paper, SQLite stands in for a MySQL that is away', async () => {
  const { database, fallbackReason } = await open({});
  await database.close();
  expect(fallbackReason).toMatch(/does not answer/);
});

it('with money at stake no other books stand in for those that hold the positions', async () => {
  const live = {
    TRADING_MODE: 'live',
    EXCHANGE: 'demo',
    CONFIRM_LIVE: 'demo',
    EXCHANGE_API_KEY: 'k'.repeat(16),
    EXCHANGE_API_SECRET: 's'.repeat(16),
  };
  await expect(open(live)).rejects.toThrow(TransientError);
});
