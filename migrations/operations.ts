import { createTable, type Migration } from './ddl.js';

/** Which processes ran, and which of them may trade. */
export const OPERATION_MIGRATIONS: readonly Migration[] = [
  createTable('0020_runs', {
    name: 'runs',
    columns: {
      uid: 'uid',
      version: 'word',
      settings_hash: 'word',
      venue: 'venue',
      pid: 'integer',
      host: 'label',
      started_at: 'time',
      ended_at: 'time?',
      exit_reason: 'text?',
      row_version: 'integer',
      created_at: 'time',
    },
    unique: [['uid']],
    indexes: [['started_at'], ['ended_at']],
  }),
  // Belongs to this database alone: never copied to another one.
  createTable('0021_leases', {
    name: 'leases',
    columns: {
      venue: 'venue',
      account: 'word',
      holder: 'label',
      expires_at: 'time',
      row_version: 'integer',
    },
    primaryKey: ['venue', 'account'],
  }),
];
