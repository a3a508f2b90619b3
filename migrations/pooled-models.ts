import { createTable, type Migration } from './ddl.js';

/** Models of many instruments, on which theirs are residuals. */
export const POOLED_MODEL_MIGRATIONS: readonly Migration[] = [
  createTable('0031_pooled_models', {
    name: 'pooled_models',
    columns: {
      uid: 'uid',
      venue: 'venue',
      timeframe: 'word',
      bot: 'word',
      session_uid: 'uid',
      // The job that fits it, or did.
      job_uid: 'uid',
      status: 'word',
      attempt: 'integer',
      reason: 'text?',
      trained_at: 'time?',
      cut_at: 'time?',
      data_end: 'time?',
      features: 'json',
      selected_at: 'time?',
      selected_by: 'word?',
      catalogue_hash: 'label?',
      reference_symbol: 'symbol?',
      horizon_bars: 'integer',
      members: 'json',
      model_path: 'label?',
      manifest_sha256: 'word?',
      config: 'json',
      row_version: 'integer',
      created_at: 'time',
    },
    unique: [['uid'], ['session_uid', 'timeframe', 'bot']],
    indexes: [['venue', 'timeframe', 'bot', 'status', 'trained_at']],
  }),
];
