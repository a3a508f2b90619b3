import path from 'node:path';
import { readSettings } from '../../config/read-settings.js';
import type { Settings } from '../../config/settings.js';
import type { PythonCheck } from '../../src/training/trainer-process/check-python.js';

export const READY: PythonCheck = { status: 'ok', versions: {} };
export const BROKEN: PythonCheck = {
  status: 'broken',
  message: 'there is no Python',
  fix: 'run: npm run setup',
};

/** Of a daemon in that folder with which something is wrong in many ways. */
export function healthSettings(
  folder: string,
  changes: Readonly<Record<string, string>>,
): Settings {
  return readSettings({
    EXCHANGE: 'binance',
    SYMBOLS: 'BTC/USDT,ETH/USDT,END/USDT,BAD/USDT,OFF/USDT,FAR/USDT,GAP/USDT,NOPE/USDT',
    DATA_DIR: folder,
    API_PORT: '0',
    TRAIN_MONTHS_BACK: '1',
    MIN_INITIAL_TRAIN_SAMPLES: '730',
    ANALYSIS_INTERVAL_SEC: '10',
    PAUSE_FILE: path.join(folder, 'pause.txt'),
    PAUSE_COLLECTOR_FILE: path.join(folder, 'pause-collector.txt'),
    HALT_FILE: path.join(folder, 'halt.txt'),
    CSV_DIR: path.join(folder, 'csv'),
    ARTIFACTS_DIR: path.join(folder, 'artifacts'),
    ...changes,
  }).settings;
}
