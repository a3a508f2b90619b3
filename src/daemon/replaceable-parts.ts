import { SystemClock, type Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import { Predictor } from '../models/predictor.js';
import { openNotingStores } from '../notifications/noting-stores.js';
import type { Broker } from '../trading/broker/broker.js';
import { PaperBroker } from '../trading/broker/paper-broker.js';
import type { TradingRules } from '../trading/trading-rules.js';
import { checkPython } from '../training/trainer-process/check-python.js';
import {
  TrainerProcess,
  type TrainerProcessOptions,
} from '../training/trainer-process/trainer-process.js';
import type { Trainer } from '../training/trainer-process/trainer-pool.js';
import { openMarket } from './open-market.js';

/** The daemon's outside: what a test may put in its place, one by one. */
export interface ReplaceableParts {
  readonly clock: Clock;
  readonly openStores: typeof openNotingStores;
  readonly openMarket: typeof openMarket;
  readonly createPredictor: (tools: {
    readonly clock: Clock;
    readonly logger: Logger;
  }) => Pick<Predictor, keyof Predictor>;
  readonly createBroker: (rules: TradingRules) => Broker;
  readonly createTrainer: (options: TrainerProcessOptions) => Trainer;
  readonly checkPython: typeof checkPython;
}

export const REAL_PARTS: ReplaceableParts = {
  clock: new SystemClock(),
  openStores: openNotingStores,
  openMarket,
  createPredictor: (tools) => new Predictor(tools),
  createBroker: (rules) => new PaperBroker(rules),
  createTrainer: (options) => new TrainerProcess(options),
  checkPython,
};
