import { custom, number, optionalText, text } from '../setting.js';
import { readInstant } from '../setting-readers.js';

export const DEMO_SETTINGS = {
  DEMO_DATA: optionalText({
    help: 'Folder of candle files (`BTC_USDT-1h.csv` or `.csv.gz`) to replay. Default: a seeded generator.',
  }),
  DEMO_SEED: text({ default: '1', help: 'Seed of the generated market.' }),
  DEMO_SPEED: number({
    default: 360,
    min: 1,
    max: 3600,
    unit: 'market seconds a wall second',
    help: "Speed of the demo's market time.",
  }),
  DEMO_START: custom({
    default: undefined,
    expected: 'an instant in ISO 8601 or epoch milliseconds',
    read: readInstant,
    help: 'Market time at which the demo begins; another value begins a new run.',
  }),
} as const;
