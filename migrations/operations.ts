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
  // What people are to be told, one row for each channel. Belongs to this database alone: what another
  // one was copied from has told it, or will.
  createTable('0049_notifications', {
    name: 'notifications',
    columns: {
      uid: 'uid',
      // The setting, not the venue: a daemon also has something to say before its venue answers.
      exchange: 'word',
      channel: 'word',
      notification_key: 'label',
      event: 'word',
      level: 'word',
      title: 'text',
      body: 'text',
      data: 'json',
      // Wall times.
      noted_at: 'time',
      due_at: 'time',
      sent_at: 'time?',
      status: 'word',
      // The message that it is, or was, sent with, alone or as one of many.
      message_uid: 'uid?',
      attempts: 'integer',
      last_error: 'text?',
      row_version: 'integer',
      created_at: 'time',
    },
    unique: [['uid'], ['exchange', 'channel', 'notification_key']],
    indexes: [
      ['exchange', 'channel', 'status'],
      ['status', 'noted_at'],
    ],
  }),
];
