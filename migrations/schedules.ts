import { addColumns, createTable, type Migration } from './ddl.js';

/** How a job trains, what schedules have done, and how far models have drifted. */
export const SCHEDULE_MIGRATIONS: readonly Migration[] = [
  addColumns('0035_job_mode', 'training_jobs', {
    mode: { type: 'word', default: 'full' },
  }),
  createTable('0036_training_schedules', {
    name: 'training_schedules',
    columns: {
      venue: 'venue',
      name: 'word',
      // Expression and time zone: another rule starts afresh, with nothing to catch up on.
      rule: 'label',
      // Market time up to which nothing is due any more.
      settled_until: 'time',
      session_uid: 'uid?',
      // Its end has been announced, and the predictions that it changed were made again.
      is_concluded: 'flag',
      row_version: 'integer',
      created_at: 'time',
    },
    primaryKey: ['venue', 'name'],
  }),
  createTable('0037_model_drift', {
    name: 'model_drift',
    columns: {
      venue: 'venue',
      symbol: 'symbol',
      timeframe: 'timeframe',
      bot: 'word',
      model_uid: 'uid',
      // Market times.
      checked_at: 'time',
      retrained_at: 'time?',
      report: 'json',
      row_version: 'integer',
      created_at: 'time',
    },
    primaryKey: ['venue', 'symbol', 'timeframe', 'bot'],
  }),
];
