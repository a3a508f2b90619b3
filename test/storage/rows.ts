import { ulid } from 'ulid';
import type { Candle } from '../../src/domain/candle.js';
import type { Decision } from '../../src/domain/decision.js';
import type { ModelKey } from '../../src/domain/model-key.js';
import type { ModelRecord, TestScore } from '../../src/domain/model-record.js';
import { Money } from '../../src/domain/money.js';
import type { QueueWorker } from '../../src/domain/queue-worker.js';
import type { FallbackSignal, ModelSignal, Prediction } from '../../src/domain/signal.js';
import type { Fill, Order, Position } from '../../src/domain/trade.js';
import type { Stores } from '../../src/storage/stores.js';
import type {
  TrainingEvidence,
  TrainingJob,
  TrainingSession,
} from '../../src/domain/training-job.js';

export const HOUR_MS = 3_600_000;

/** 2024-01-01T00:00:00Z. */
export const START_MS = 1_704_067_200_000;

export const KEY: ModelKey = {
  venue: 'binance',
  symbol: 'BTC/USDT',
  timeframe: '1h',
  bot: 'catboost',
};

export const BOOK = { venue: 'binance', account: 'paper' } as const;

export const SERIES_KEY = {
  venue: 'binance',
  symbol: 'BTC/USDT',
  marketId: 'BTCUSDT',
  timeframe: '1h',
} as const;

/** The bar number `index` after the start. */
export function aCandle(index: number, values: Partial<Candle> = {}): Candle {
  const close = 100 + index;
  return {
    openTime: START_MS + index * HOUR_MS,
    open: close - 0.5,
    high: close + 1,
    low: close - 1,
    close,
    volume: 10 + index,
    ...values,
  };
}

export function candles(count: number): Candle[] {
  return Array.from({ length: count }, (_, index) => aCandle(index));
}

export function aPrediction(values: Partial<Prediction> = {}): Prediction {
  return {
    ...KEY,
    uid: ulid(),
    modelUid: ulid(),
    featureHash: 'f'.repeat(64),
    candleOpenTime: START_MS,
    probabilities: [0.2, 0.3, 0.5] as const,
    expectedReturn: 0.0021,
    latencyUs: 12.5,
    predictedAt: START_MS + HOUR_MS,
    ...values,
  };
}

export function aModelSignal(values: Partial<ModelSignal> = {}): ModelSignal {
  return {
    ...KEY,
    uid: ulid(),
    candleOpenTime: START_MS,
    close: 42_283.58,
    prediction: 'BUY',
    confidence: 50,
    signaledAt: START_MS + HOUR_MS,
    supersedesUid: undefined,
    source: 'model',
    modelUid: ulid(),
    predictionUid: ulid(),
    expectedMove: 0.0021,
    probabilities: [0.2, 0.3, 0.5],
    ...values,
  };
}

export function aFallbackSignal(values: Partial<FallbackSignal> = {}): FallbackSignal {
  return {
    ...KEY,
    uid: ulid(),
    candleOpenTime: START_MS,
    close: 42_283.58,
    prediction: 'SELL',
    confidence: 57.77,
    signaledAt: START_MS + HOUR_MS,
    supersedesUid: undefined,
    source: 'fallback',
    fallbackReason: 'untrained',
    indicators: { sma14: 50_125.3, sma50: 49_875.6, rsi14: 65.2 },
    ...values,
  };
}

export function aDecision(values: Partial<Decision> = {}): Decision {
  return {
    ...KEY,
    uid: ulid(),
    signalUid: ulid(),
    candleOpenTime: START_MS,
    action: 'skip',
    reason: 'confidence 38.2 below 40',
    isAdvisory: false,
    positionUid: undefined,
    decidedAt: START_MS + HOUR_MS,
    quotesAt: START_MS + HOUR_MS - 1,
    ...values,
  };
}

export function aPosition(values: Partial<Position> = {}): Position {
  return {
    ...BOOK,
    uid: ulid(),
    symbol: 'BTC/USDT',
    timeframe: '1h',
    bot: 'catboost',
    status: 'opening',
    decisionUid: ulid(),
    sizeBase: new Money('0.0235'),
    soldBase: undefined,
    entryPrice: undefined,
    exitPrice: undefined,
    stopPrice: undefined,
    targetPrice: undefined,
    trailingPrice: undefined,
    trailingAt: undefined,
    holdUntil: undefined,
    exitReason: undefined,
    realizedPnl: undefined,
    openedAt: START_MS,
    closedAt: undefined,
    ...values,
  };
}

export function anOrder(values: Partial<Order> = {}): Order {
  return {
    ...BOOK,
    uid: ulid(),
    clientOrderId: `e${ulid().toLowerCase().slice(9)}`,
    positionUid: ulid(),
    symbol: 'BTC/USDT',
    side: 'buy',
    kind: 'market',
    sizeBase: new Money('0.0235'),
    price: undefined,
    stopPrice: undefined,
    venueOrderId: undefined,
    status: 'intended',
    reason: 'entry',
    intendedAt: START_MS,
    settledAt: undefined,
    ...values,
  };
}

export function aFill(values: Partial<Fill> = {}): Fill {
  return {
    ...BOOK,
    uid: ulid(),
    orderUid: ulid(),
    symbol: 'BTC/USDT',
    side: 'buy',
    price: new Money('42283.58'),
    sizeBase: new Money('0.0235'),
    feeQuote: new Money('0.99366413'),
    fee: undefined,
    venueTradeId: undefined,
    filledAt: START_MS,
    ...values,
  };
}

const SCORE: TestScore = {
  rows: 640,
  logLoss: 1.081_234_567_890_123,
  priorLogLoss: 1.098_612_288_668_11,
  skill: { estimate: 0.0174, lower: 0.0021, upper: 0.0327 },
  directionRows: 431,
  directionSkill: { estimate: 0.0033, lower: -0.0012, upper: 0.0078 },
  directionalAuc: 0.545,
  accuracy: 0.41,
  macroF1: 0.39,
  calibrationError: 0.031,
};

export function aModelRecord(values: Partial<ModelRecord> = {}): ModelRecord {
  return {
    ...KEY,
    uid: ulid(),
    jobUid: ulid(),
    parentUid: undefined,
    stage: 'candidate',
    status: 'active',
    trainedAt: START_MS,
    trainingDurationSec: 1.25,
    dataPointsUsed: 4_380,
    trainingPeriod: '180d',
    trainingLoss: 1.07,
    validationLoss: 1.09,
    testScore: SCORE,
    modelPath: 'binance/BTC-USDT/1h/catboost/1',
    modelSizeMb: 0.34,
    verdict: { gate: 'baseline', isPromoted: true, reason: 'better than the prior' },
    manifestSha256: 'a'.repeat(64),
    featureHash: 'b'.repeat(64),
    catalogueHash: 'c'.repeat(64),
    features: ['return_1@1', 'rsi_14@1'],
    referenceSymbol: 'BTC/USDT',
    horizonBars: 4,
    thresholds: { sell: -0.004, buy: 0.0042 },
    classMeanReturns: [-0.01, 0, 0.01],
    classWeights: undefined,
    classDistribution: [162, 161, 162],
    selectedAt: START_MS,
    sanitization: {
      initialFeatures: 431,
      finalFeatures: 2,
      dropped: [{ name: 'flat@1', reason: 'constant' }],
    },
    dataEnd: START_MS,
    errorMessage: undefined,
    config: { depth: 4, seed: 7 },
    ...values,
  };
}

export function aSession(values: Partial<TrainingSession> = {}): TrainingSession {
  return {
    uid: ulid(),
    kind: 'initial',
    name: 'first models',
    config: { why: 'no model' },
    status: 'running',
    priority: 'default',
    batchSize: 25,
    joinedJobs: undefined,
    createdAt: START_MS,
    ...values,
  };
}

/** @returns its uid */
export async function storedSession(stores: Stores): Promise<string> {
  return (await stores.sessions.insert(aSession())).uid;
}

export function aJob(sessionUid: string, values: Partial<TrainingJob> = {}): TrainingJob {
  return {
    ...KEY,
    uid: ulid(),
    sessionUid,
    status: 'pending',
    cause: 'untrained',
    mode: 'full',
    trialUid: undefined,
    ownerRunUid: undefined,
    stage: undefined,
    progressPct: 0,
    queuedAt: START_MS,
    priority: 'default',
    batch: 1,
    attempt: 1,
    startedAt: undefined,
    finishedAt: undefined,
    errorCode: undefined,
    errorMessage: undefined,
    modelUid: undefined,
    ...values,
  };
}

export function aWorker(values: Partial<QueueWorker> = {}): QueueWorker {
  return {
    uid: ulid(),
    venue: KEY.venue,
    host: 'oak',
    pid: 1,
    version: '1.2.3',
    catalogueHash: 'c'.repeat(64),
    cores: 2,
    memoryMb: 4000,
    accelerator: undefined,
    queues: ['default'],
    concurrency: 2,
    bots: ['catboost'],
    status: 'working',
    reason: undefined,
    startedAt: START_MS,
    ...values,
  };
}

export function someEvidence(
  jobUid: string,
  values: Partial<TrainingEvidence> = {},
): TrainingEvidence {
  return {
    uid: ulid(),
    jobUid,
    modelUid: ulid(),
    modelName: 'catboost',
    modelVersion: '1',
    device: 'cpu',
    processingTimeMs: 1_234.5,
    artifactSha256: 'd'.repeat(64),
    embeddingChecksum: undefined,
    dataFrom: START_MS,
    dataTo: START_MS + HOUR_MS,
    dataHash: 'e'.repeat(64),
    libraryVersions: { catboost: '1.2.10' },
    seed: 7,
    error: undefined,
    createdAt: START_MS,
    ...values,
  };
}
