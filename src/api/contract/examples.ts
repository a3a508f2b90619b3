/** What the calls about training and models look like when they are answered, for the OpenAPI page. */

const KEY = {
  symbol: 'BTCUSDT',
  unified_symbol: 'BTC/USDT',
  venue: 'binance',
  timeframe: '1h',
};
const MODEL_KEY = { ...KEY, bot_name: 'catboost' };
const SESSION_ID = '01JH2Q5F4R2T6V8X0A1C3E5G7J';
const JOB_ID = '01JH2Q5F6C8Y4Z0B3D7E9G1H2J';
const MODEL_ID = '01JH2Q4T9V5K8W3M7N6P1R0S2X';
const EARLIER_ID = '01JGZP3N7B4D6F8H0K2M4P6R8T';

const HALTED = {
  cause: 'person',
  reason: 'the venue announced maintenance',
  author: 'npm run halt',
  since: '2025-01-01T12:00:00.000Z',
  until: null,
  close_all: true,
} as const;
const UNSOLD = {
  uid: JOB_ID,
  symbol: 'BTC/USDT',
  reason: 'its sale waits for a quote of the venue',
};

export const haltBodyExample = { reason: HALTED.reason, close_all: true };
export const tradingHaltExample = { halted: true, halt: HALTED, unsold: [UNSOLD] };
export const closedPositionExample = { uid: JOB_ID, sold: false, unsold: UNSOLD };

export const trainBodyExample = { symbol: 'BTCUSDT', timeframe: '1h', bot: 'catboost', wait: true };

export const startAutoExample = {
  symbols: ['BTCUSDT', 'ETHUSDT'],
  timeframes: ['1h', '4h'],
  bots: ['catboost'],
  priority: 'training-normal',
};

export const sessionBodyExample = {
  name: 'the majors',
  symbols: ['BTCUSDT', 'ETHUSDT'],
  timeframes: ['1h'],
  bots: ['catboost'],
  priority: 'training-normal',
  config: { batchSize: 25 },
};

export const requestedExample = { session_id: SESSION_ID, job_id: JOB_ID, status: 'pending' };

export const startedAutoExample = { session_id: SESSION_ID, queued: 3, joined: 1 };

export const trainingStatusExample = {
  state: 'running',
  is_running: true,
  is_paused: false,
  paused_by: [],
  current_training: {
    job_id: JOB_ID,
    session_id: SESSION_ID,
    ...KEY,
    bot: 'catboost',
    stage: 'fit',
    progress: 42,
    started_at: '2026-11-21T14:00:03.000Z',
  },
  queue_length: 3,
  queues: { 'training-high': 1, 'training-normal': 2, default: 0, 'training-low': 0 },
  completed_count: 118,
  failed_count: 2,
  cancelled_count: 0,
};

export const sessionExample = {
  sessionId: SESSION_ID,
  kind: 'manual',
  name: 'the majors',
  status: 'running',
  priority: 'training-normal',
  batchSize: 25,
  createdAt: '2026-11-21T14:00:00.000Z',
  progress: { percentage: 35.5, current: 1, total: 4, etaSeconds: 9.4, itemsPerMinute: 16.5 },
  jobsSummary: { pending: 2, running: 1, completed: 1, failed: 0, cancelled: 0 },
};

export const sessionMovedExample = {
  sessionId: SESSION_ID,
  jobId: JOB_ID,
  status: 'running',
  message: '4 jobs are in the queue',
};

export const jobExample = {
  jobId: JOB_ID,
  symbol: 'BTCUSDT',
  unifiedSymbol: 'BTC/USDT',
  timeframe: '1h',
  bot: 'catboost',
  status: 'completed',
  priority: 'training-normal',
  batch: 1,
  cause: 'requested',
  attempt: 1,
  stage: 'export',
  progress: 100,
  queuedAt: '2026-11-21T14:00:00.000Z',
  startedAt: '2026-11-21T14:00:03.000Z',
  finishedAt: '2026-11-21T14:00:06.000Z',
  error: null,
  modelId: MODEL_ID,
  workerId: '01JH2Q5F4R2T6V8X0A1C3E5G7J',
};

export const evidenceExample = {
  jobId: JOB_ID,
  modelId: MODEL_ID,
  modelName: 'catboost',
  modelVersion: '1.2.10',
  device: 'cpu',
  processingTimeMs: 2841,
  artifactSha256: '9f2c'.repeat(16),
  embeddingChecksum: null,
  dataFrom: '2026-05-21T14:00:00.000Z',
  dataTo: '2026-11-21T14:00:00.000Z',
  dataHash: '71ab'.repeat(16),
  libraryVersions: { catboost: '1.2.10', numpy: '2.3.5' },
  seed: 42,
  error: null,
  createdAt: '2026-11-21T14:00:06.000Z',
};

const METRICS = {
  rows: 640,
  log_loss: 1.0861,
  prior_log_loss: 1.0982,
  direction_rows: 431,
  skill: { estimate: 0.0121, lower: 0.0032, upper: 0.021 },
  direction_skill: { estimate: 0.0033, lower: -0.0012, upper: 0.0078 },
  directional_auc: 0.545,
  accuracy: 0.41,
  macro_f1: 0.39,
  calibration_error: 0.031,
  regression: null,
};

const BARE_RECORD = {
  uid: MODEL_ID,
  ...MODEL_KEY,
  stage: 'serving',
  status: 'active',
  shown_status: 'Active',
  color: '#26a69a',
  trained_at: '2026-11-21T14:00:06.000Z',
  created_at: '2026-11-21T14:00:06.000Z',
  training_duration_seconds: 2.8,
  data_points_used: 4380,
  training_period: '180d',
  data_end: '2026-11-21T14:00:00.000Z',
  task: 'classifier',
  epochs: null,
  training_loss: 1.0712,
  validation_loss: 1.0849,
  test_rmse: null,
  test_mae: null,
  metrics: METRICS,
  directional_auc_interval: { estimate: 0.545, lower: 0.512, upper: 0.579 },
  verdict: { gate: 'baseline', is_promoted: true, reason: 'better than the prior in both' },
  model_path: `binance/BTC_USDT/1h/catboost/${JOB_ID}-1`,
  model_size_mb: 0.31,
  feature_count: 120,
  feature_hash: '5d0e'.repeat(16),
  horizon_bars: 4,
  thresholds: { sell: -0.0021, buy: 0.0024 },
  job_uid: JOB_ID,
  parent_uid: null,
  error_message: null,
};

export const trainingRecordExample = { ...BARE_RECORD, config: { depth: 4, learning_rate: 0.03 } };

export const reportExample = {
  summary: {
    total_models: 1,
    fresh_models: 1,
    stale_models: 0,
    total_size_mb: 0.31,
    unique_symbols: 1,
    unique_timeframes: 1,
    bot_types: ['catboost'],
  },
  total: 1,
  models: [{ ...BARE_RECORD, age_hours: 0.4, is_pinned: false, last_error: null }],
};

export const comparisonExample = {
  ...MODEL_KEY,
  model_symbol: 'BTC/USDT',
  serving_uid: MODEL_ID,
  versions: [
    {
      ...BARE_RECORD,
      is_pinned: false,
      against_serving: {
        skill: 0,
        direction_skill: 0,
        directional_auc: 0,
        accuracy: 0,
        calibration_error: 0,
      },
    },
  ],
};

export const insightExample = {
  uid: MODEL_ID,
  ...MODEL_KEY,
  stage: 'serving',
  trained_at: '2026-11-21T14:00:06.000Z',
  importance: [
    { feature: 'return_4', importance: 11.2 },
    { feature: 'rsi_14', importance: 7.9 },
  ],
  calibration: [
    { from: 0.3333, to: 0.4, rows: 412, confidence: 0.372, accuracy: 0.364 },
    { from: 0.4, to: 0.4667, rows: 228, confidence: 0.428, accuracy: 0.443 },
  ],
};

export const clearedModelsExample = { cleared: 1, models: [{ uid: MODEL_ID, ...MODEL_KEY }] };

export const rollbackBodyExample = { symbol: 'BTCUSDT', timeframe: '1h', model_uid: EARLIER_ID };

export const rollbackExample = {
  ...MODEL_KEY,
  serving_uid: EARLIER_ID,
  replaced_uid: MODEL_ID,
  trained_at: '2026-11-20T14:00:05.000Z',
};

export const pinBodyExample = { symbol: 'BTCUSDT', timeframe: '1h', pinned: true };

export const pinExample = { ...MODEL_KEY, pinned_uid: MODEL_ID };
