import { createTable, type Migration } from './ddl.js';

/** Which models a person wants to keep serving. */
export const MODEL_PIN_MIGRATIONS: readonly Migration[] = [
  createTable('0030_model_pins', {
    name: 'model_pins',
    columns: {
      venue: 'venue',
      symbol: 'symbol',
      timeframe: 'timeframe',
      bot: 'word',
      // NULL once the pin was taken off: a row is never deleted, so that a copy cannot bring it back.
      model_uid: 'uid?',
      pinned_at: 'time',
      row_version: 'integer',
      created_at: 'time',
    },
    unique: [['venue', 'symbol', 'timeframe', 'bot']],
  }),
];
