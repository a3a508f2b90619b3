import { createTable, type Migration } from './ddl.js';

const KEY = { venue: 'venue', symbol: 'symbol', timeframe: 'timeframe', bot: 'word' } as const;

/** Who asked for training, what was done, and what remains of it. */
export const TRAINING_MIGRATIONS: readonly Migration[] = [
  createTable('0016_training_sessions', {
    name: 'training_sessions',
    columns: {
      uid: 'uid',
      kind: 'word',
      name: 'label',
      config: 'json',
      row_version: 'integer',
      created_at: 'time',
    },
    unique: [['uid']],
    indexes: [['created_at']],
  }),
  createTable('0017_training_jobs', {
    name: 'training_jobs',
    columns: {
      uid: 'uid',
      ...KEY,
      session_uid: 'uid',
      status: 'word',
      // Holds the model's key while the job is pending or running: unique, so one is open at most.
      open_key: 'keyText?',
      cause: 'word',
      attempt: 'integer',
      owner_run_uid: 'uid?',
      stage: 'label?',
      progress_pct: 'double',
      queued_at: 'time',
      started_at: 'time?',
      finished_at: 'time?',
      error_code: 'word?',
      error_message: 'text?',
      model_uid: 'uid?',
      row_version: 'integer',
      created_at: 'time',
    },
    unique: [['uid'], ['open_key']],
    indexes: [
      ['status', 'queued_at'],
      ['session_uid'],
      ['venue', 'symbol', 'timeframe', 'bot', 'queued_at'],
      ['queued_at'],
    ],
    references: { session_uid: 'training_sessions.uid' },
  }),
  createTable('0018_training_evidence', {
    name: 'training_evidence',
    columns: {
      uid: 'uid',
      job_uid: 'uid',
      model_uid: 'uid?',
      model_name: 'label',
      model_version: 'label?',
      device: 'word',
      processing_time_ms: 'double',
      artifact_sha256: 'word?',
      data_from: 'time?',
      data_to: 'time?',
      data_hash: 'label?',
      library_versions: 'json',
      seed: 'integer?',
      error: 'text?',
      created_at: 'time',
    },
    unique: [['uid']],
    indexes: [['job_uid'], ['model_uid']],
    references: { job_uid: 'training_jobs.uid' },
  }),
  createTable('0019_training_cooldowns', {
    name: 'training_cooldowns',
    columns: {
      ...KEY,
      kind: 'word',
      until: 'time',
      not_before_open_time: 'time?',
      reason: 'text',
      row_version: 'integer',
      created_at: 'time',
    },
    primaryKey: ['venue', 'symbol', 'timeframe', 'bot'],
  }),
];
