import { choice, custom, flag, integer, number } from '../setting.js';
import { readTimeZone } from '../setting-readers.js';

export const OPERATION_SETTINGS = {
  LOG_LEVEL: choice({
    default: 'info',
    among: ['debug', 'info', 'warn', 'error'],
    help: 'Least important lines that are logged.',
  }),
  PREDICTION_CACHE_ENABLED: flag({
    default: true,
    help: 'Keep predictions, in memory and below DATA_DIR; false computes it for each call.',
  }),
  PREDICTION_CACHE_TTL_HOURS: number({
    default: 1,
    min: 1,
    max: 24,
    unit: 'hours',
    clock: 'market',
    help: 'Life of a kept prediction; during a full retraining it is 24 hours.',
  }),
  PREDICTION_CACHE_MAX_ENTRIES: integer({
    default: 10_000,
    min: 100,
    max: 1_000_000,
    unit: 'predictions',
    help: 'Most predictions that are kept, some 500 bytes each in memory and on disk; the oldest go first.',
  }),
  DISPLAY_TIMEZONE: custom({
    default: undefined,
    expected: 'an IANA time zone like Europe/Rome',
    read: readTimeZone,
    help: "Time zone in which the page shows times. Default: the browser's.",
  }),
} as const;
