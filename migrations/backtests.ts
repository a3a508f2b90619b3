import { addColumns, createTable, type Migration } from './ddl.js';

/** What was tested on the past, what came of it, and the settings that a daemon traded by. */
export const BACKTEST_MIGRATIONS: readonly Migration[] = [
  createTable('0040_backtests', {
    name: 'backtests',
    columns: {
      uid: 'uid',
      state: 'word',
      origin: 'word',
      ask: 'json',
      timeframe: 'timeframe',
      bot: 'word',
      versions: 'json',
      place: 'label',
      progress: 'double',
      // Known once the candles are read.
      venue: 'venue?',
      data_hash: 'word?',
      from_time: 'time?',
      to_time: 'time?',
      symbols: 'json?',
      bars: 'integer?',
      settings: 'json?',
      seeds: 'json?',
      // Known once it is done.
      figures: 'json?',
      sharpe: 'double?',
      error: 'text?',
      folder: 'text?',
      // Deleted by a person: not listed any more, and still a try on its candles.
      is_deleted: 'flag',
      started_at: 'time',
      ended_at: 'time?',
      row_version: 'integer',
      created_at: 'time',
    },
    unique: [['uid']],
    indexes: [['started_at'], ['data_hash']],
  }),
  // By the names of their variables; NULL for a run of an earlier version.
  addColumns('0043_run_settings', 'runs', { settings: { type: 'json?' } }),
  // Of a run under way: seconds that it still takes, as of its last progress.
  addColumns('0065_backtest_eta', 'backtests', { eta_sec: { type: 'integer?' } }),
];
