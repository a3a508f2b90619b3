import { addColumns, createTable, type Migration } from './ddl.js';

/** Variants of training that are compared, and the models of variants that answer beside the serving ones. */
export const EXPERIMENT_MIGRATIONS: readonly Migration[] = [
  createTable('0054_experiments', {
    name: 'experiments',
    columns: {
      uid: 'uid',
      venue: 'venue',
      name: 'label',
      bot: 'word',
      symbols: 'json',
      timeframes: 'json',
      variants: 'json',
      seeds: 'json',
      session_uid: 'uid',
      cut_at: 'time',
      row_version: 'integer',
      created_at: 'time',
    },
    unique: [['uid']],
    indexes: [['venue', 'created_at'], ['created_at']],
  }),
  createTable('0055_experiment_trials', {
    name: 'experiment_trials',
    columns: {
      uid: 'uid',
      experiment_uid: 'uid',
      purpose: 'word',
      variant: 'label',
      seed: 'integer',
      cut_at: 'time?',
      options: 'json',
      row_version: 'integer',
      created_at: 'time',
    },
    unique: [['uid']],
    indexes: [['experiment_uid']],
  }),
  createTable('0056_experiment_scores', {
    name: 'experiment_scores',
    columns: {
      job_uid: 'uid',
      experiment_uid: 'uid',
      trial_uid: 'uid',
      symbol: 'symbol',
      timeframe: 'timeframe',
      rows_hash: 'label',
      // For each day eight sums, in the order of time.
      days: 'json',
      scored_at: 'time',
      row_version: 'integer',
      created_at: 'time',
    },
    unique: [['job_uid'], ['trial_uid', 'symbol', 'timeframe']],
    indexes: [['experiment_uid']],
  }),
  // Of a job of an experiment or shadow: how it is trained.
  addColumns('0057_job_trial', 'training_jobs', { trial_uid: { type: 'uid?' } }),
];
