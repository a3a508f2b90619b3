import { addColumns, createTable, type Migration } from './ddl.js';

/** Which job is next, and what a person wants of the queue. */
export const QUEUE_MIGRATIONS: readonly Migration[] = [
  addColumns('0022_session_queue', 'training_sessions', {
    status: { type: 'word', default: 'running' },
    priority: { type: 'word', default: 'default' },
    batch_size: { type: 'integer', default: 25 },
    // Uids of other sessions' jobs that this one waits for instead of making them again.
    joined_jobs: { type: 'json?' },
  }),
  addColumns('0023_job_queue', 'training_jobs', {
    priority: { type: 'word', default: 'default' },
    batch: { type: 'integer', default: 1 },
    // The smallest is next: time of queueing, later by priority and batch.
    turn_at: { type: 'time', default: 0 },
  }),
  createTable('0024_training_control', {
    name: 'training_control',
    columns: {
      venue: 'venue',
      is_paused: 'flag',
      is_stopped: 'flag',
      row_version: 'integer',
      created_at: 'time',
    },
    primaryKey: ['venue'],
  }),
];
