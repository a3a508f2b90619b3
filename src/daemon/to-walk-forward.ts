import type { Settings } from '../../config/settings.js';
import type { MarketHistory } from '../backtest/history/market-history.js';
import type { WalkForwardOptions } from '../backtest/walk-forward/walk-options.js';
import { needsTorch } from '../domain/bots.js';
import type { Instrument } from '../domain/market.js';
import { ConfigError } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import type { ChildEnvironments } from '../lib/child-environments.js';
import { checkPython } from '../training/trainer-process/check-python.js';
import { requireTorch } from '../training/trainer-process/torch-extra.js';
import { TrainerProcess } from '../training/trainer-process/trainer-process.js';
import { toServingOptions, toTrainerOptions } from './module-options.js';
import { toTrainingOptions } from './to-training-options.js';

/** Names rows of a database of its own; the history's venue changes with every candle of a folder. */
const VENUE = 'backtest';

export interface WalkForwardPlace extends Pick<
  WalkForwardOptions,
  'retraining' | 'folder' | 'clock' | 'version' | 'onProgress'
> {
  readonly history: MarketHistory;
  readonly bot: string;
  readonly childEnvironments: ChildEnvironments;
  readonly logger: Logger;
}

/**
 * Training for a backtest as the settings want it for the daemon, of one timeframe and one bot.
 *
 * @throws ConfigError for a reference symbol without candles in the history
 */
export function toWalkForward(settings: Settings, place: WalkForwardPlace): WalkForwardOptions {
  const { history, bot, childEnvironments, logger, clock } = place;
  const all = history.symbols.map(({ instrument }) => instrument);
  const primary = choosePrimary(settings, all);
  const instruments = {
    all,
    primary,
    reference: chooseReference(settings, all) ?? primary,
    timeframes: [history.timeframe],
  };
  const training = toTrainingOptions({ ...settings, bots: [bot] }, instruments, VENUE);
  const { ageLimits, maxFileBytes } = toServingOptions(settings, training);
  // One trainer: a retraining date waits for the one before it.
  const { python, ...process } = toTrainerOptions({ ...settings, trainProcesses: 1 });
  return {
    retraining: place.retraining,
    folder: place.folder,
    training,
    ageLimits,
    maxFileBytes,
    spreadPct: settings.backtestSpreadPct,
    trainer: {
      python,
      createTrainer: (walkClock) =>
        new TrainerProcess({
          ...process,
          env: childEnvironments.trainer,
          clock: walkClock,
          logger,
        }),
      checkPython: async () => {
        const check = await checkPython(python, process.cwd);
        return needsTorch(bot) ? requireTorch(check) : check;
      },
      workerEnvironment: childEnvironments.worker,
    },
    limits: process,
    version: place.version,
    clock,
    onProgress: place.onProgress,
  };
}

function choosePrimary({ primarySymbol }: Settings, all: readonly Instrument[]): Instrument {
  const found = all.find(({ symbol }) => symbol === primarySymbol) ?? all[0];
  if (found === undefined) throw new ConfigError('There are no candles to train on');
  return found;
}

function chooseReference(
  { referenceSymbols }: Settings,
  all: readonly Instrument[],
): Instrument | undefined {
  const [name] = referenceSymbols;
  if (name === undefined) return undefined;
  const found = all.find(({ symbol }) => symbol === name);
  if (found !== undefined) return found;
  throw new ConfigError(
    `REFERENCE_SYMBOLS names ${name}, which is not among --symbols: add it there`,
  );
}
