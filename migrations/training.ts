import { addColumns, addIndex, createTable, type Migration } from './ddl.js';

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
      embedding_checksum: 'word?',
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
  // Which job is next, and what a person wants of the queue.
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
  // How a job trains, what schedules have done, and how far models have drifted.
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
  // Processes that work off the queue beside the daemon, and what its daemon tells them.
  createTable('0051_workers', {
    name: 'workers',
    columns: {
      uid: 'uid',
      venue: 'venue',
      host: 'label',
      pid: 'integer',
      version: 'word',
      catalogue_hash: 'label',
      cores: 'integer',
      memory_mb: 'integer',
      accelerator: 'label?',
      queues: 'json',
      concurrency: 'integer',
      status: 'word',
      reason: 'text?',
      started_at: 'time',
      // By the database's clock.
      seen_at: 'time',
      row_version: 'integer',
      created_at: 'time',
    },
    unique: [['uid']],
    indexes: [['venue', 'started_at'], ['seen_at']],
  }),
  // Which bots it can train. Workers of before have ended: another version is refused.
  addColumns('0061_worker_bots', 'workers', { bots: { type: 'json?' } }),
  createTable('0052_training_notices', {
    name: 'training_notices',
    columns: {
      venue: 'venue',
      version: 'word',
      catalogue_hash: 'label',
      options: 'json',
      folder_mark: 'word',
      has_files: 'flag',
      is_paused: 'flag',
      market_ms: 'time',
      speed: 'double',
      // By the database's clock.
      told_at: 'time',
      row_version: 'integer',
      created_at: 'time',
    },
    primaryKey: ['venue'],
  }),
  // The daemon's wall time, by which its workers go. None reads the default: another version is refused.
  addColumns('0063_notice_wall', 'training_notices', { wall_ms: { type: 'time', default: 0 } }),
  // Files in the artifact store, by the manifest that names them.
  createTable('0053_artifacts', {
    name: 'artifacts',
    columns: {
      manifest_sha256: 'word',
      sha256: 'word',
      // By the database's clock.
      put_at: 'time',
      removing_at: 'time?',
      row_version: 'integer',
      created_at: 'time',
    },
    unique: [['manifest_sha256', 'sha256']],
    indexes: [['sha256'], ['put_at']],
  }),
  // With thousands of waiting jobs each claim sorted all of them.
  addIndex('0060_job_turns', {
    table: 'training_jobs',
    name: 'training_jobs_by_turn',
    columns: ['status', 'turn_at', 'queued_at', 'id'],
  }),
  // And each of a worker, which takes the priorities in an order of its own.
  addIndex('0067_job_queue_turns', {
    table: 'training_jobs',
    name: 'training_jobs_by_queue',
    columns: ['status', 'priority', 'turn_at', 'queued_at', 'id'],
  }),
];
