import { BACKTEST_MIGRATIONS } from './backtests.js';
import { CANDLE_TABLE, type Migration } from './ddl.js';
import { EXPERIMENT_MIGRATIONS } from './experiments.js';
import { MARKET_DATA_MIGRATIONS } from './market-data.js';
import { MODEL_MIGRATIONS } from './models.js';
import { OPERATION_MIGRATIONS } from './operations.js';
import { SIGNAL_MIGRATIONS } from './signals.js';
import { TRADING_MIGRATIONS } from './trading.js';
import { TRAINING_MIGRATIONS } from './training.js';

/**
 * Every step that the schema ever took, in the order of their numbers. A step that has been released
 * never changes: what must be different becomes a new step with the next number.
 */
export const MIGRATIONS: readonly Migration[] = [
  ...MARKET_DATA_MIGRATIONS,
  ...MODEL_MIGRATIONS,
  ...SIGNAL_MIGRATIONS,
  ...TRADING_MIGRATIONS,
  ...TRAINING_MIGRATIONS,
  ...OPERATION_MIGRATIONS,
  ...BACKTEST_MIGRATIONS,
  ...EXPERIMENT_MIGRATIONS,
].sort((one, other) => (one.name < other.name ? -1 : 1));

/**
 * Remembers which steps a database has taken. Its presence also tells our own database from another
 * program's.
 */
export const BOOKKEEPING_TABLE = 'evenkeel_migrations';

/** Every table and view but the candle table: names that it cannot take. */
export const OTHER_TABLES: readonly string[] = [
  BOOKKEEPING_TABLE,
  ...MIGRATIONS.flatMap((step) => step.statements('sqlite'))
    .flatMap((sql) => /^CREATE (?:TABLE|VIEW) IF NOT EXISTS `?(\w+)/.exec(sql)?.[1] ?? [])
    .filter((name) => name !== CANDLE_TABLE),
];
