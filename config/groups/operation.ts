import { choice, custom } from '../setting.js';
import { readTimeZone } from '../setting-readers.js';

export const OPERATION_SETTINGS = {
  LOG_LEVEL: choice({
    default: 'info',
    among: ['debug', 'info', 'warn', 'error'],
    help: 'Least important lines that are logged.',
  }),
  DISPLAY_TIMEZONE: custom({
    default: undefined,
    expected: 'an IANA time zone like Europe/Rome',
    read: readTimeZone,
    help: "Time zone in which the page shows times. Default: the browser's.",
  }),
} as const;
