import { addColumns, createTable, type Migration } from './ddl.js';

const KEY = { venue: 'venue', symbol: 'symbol', timeframe: 'timeframe', bot: 'word' } as const;

const KEY_COLUMNS = ['venue', 'symbol', 'timeframe', 'bot'] as const;

/** What was said about each candle, what was decided, and what became of it. */
export const SIGNAL_MIGRATIONS: readonly Migration[] = [
  createTable('0009_signals', {
    name: 'signals',
    columns: {
      uid: 'uid',
      ...KEY,
      candle_open_time: 'time',
      // The model's uid, or `fallback`: one signal for each of them a candle.
      origin: 'uid',
      source: 'word',
      close: 'double',
      prediction: 'word',
      confidence: 'double',
      signaled_at: 'time',
      supersedes_uid: 'uid?',
      model_uid: 'uid?',
      prediction_uid: 'uid?',
      p_sell: 'double?',
      p_hold: 'double?',
      p_buy: 'double?',
      expected_move: 'double?',
      fallback_reason: 'word?',
      fallback_sma_14: 'double?',
      fallback_sma_50: 'double?',
      fallback_rsi_14: 'double?',
      outcome_return: 'double?',
      outcome_class: 'word?',
      resolved_at: 'time?',
      row_version: 'integer',
      created_at: 'time',
    },
    unique: [['uid'], [...KEY_COLUMNS, 'candle_open_time', 'origin']],
    indexes: [
      // The unresolved ones are those with NULL, which both engines find through an index.
      [...KEY_COLUMNS, 'resolved_at', 'candle_open_time'],
      ['venue', 'candle_open_time'],
      ['candle_open_time'],
      ['model_uid', 'candle_open_time'],
    ],
  }),
  createTable('0010_decisions', {
    name: 'decisions',
    columns: {
      uid: 'uid',
      ...KEY,
      signal_uid: 'uid',
      candle_open_time: 'time',
      action: 'word',
      reason: 'text',
      is_advisory: 'flag',
      position_uid: 'uid?',
      decided_at: 'time',
      created_at: 'time',
    },
    unique: [['uid'], ['signal_uid']],
    indexes: [
      [...KEY_COLUMNS, 'candle_open_time'],
      ['venue', 'candle_open_time'],
      ['candle_open_time'],
      ['position_uid'],
    ],
  }),
  // Which quotes a decision knew: parity repeats it on the same.
  addColumns('0062_decision_quotes', 'decisions', { quotes_at: { type: 'time?' } }),
];
