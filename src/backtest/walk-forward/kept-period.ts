import { replaceFile } from '../../lib/replace-file.js';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ModelSpread } from '../../domain/move-variance.js';
import type { LabelThresholds } from '../../domain/model-record.js';
import { messageOf, TransientError } from '../../lib/errors.js';

/** What became of a key at a retraining date. `waiting`: too few candles, or a wait after a failure. */
export interface TrainedKey {
  readonly symbol: string;
  readonly outcome: 'promoted' | 'rejected' | 'failed' | 'waiting';
  readonly reason: string;
}

/** A training at one date: its verdicts, and what the trainer spent and used. */
export interface PeriodTraining {
  readonly keys: readonly TrainedKey[];
  /** Milliseconds in fits and refits, the base model included. */
  readonly fitMs: number;
  /** Highest resident memory of the trainer. */
  readonly trainerPeakMb: number;
}

/** What was said of a symbol's bars until the next retraining date. Columns have an element for each bar. */
export interface SymbolPredictions {
  readonly symbol: string;
  /** Number of the first bar. */
  readonly firstIndex: number;
  /** The model that answered; null where none might. */
  readonly model:
    | (ModelSpread & {
        readonly uid: string;
        readonly horizonBars: number;
        readonly thresholds: LabelThresholds | null;
      })
    | null;
  /** Place in `FALLBACK_REASONS` of why the model did not answer, −1 where it did. */
  readonly reasons: readonly number[];
  /** Place in `DIRECTIONS`. */
  readonly directions: readonly number[];
  readonly confidences: readonly number[];
  /** p(SELL), p(HOLD), p(BUY) of each bar in turn. */
  readonly probabilities: readonly number[];
  readonly expectedReturns: readonly number[];
}

/** A retraining date and all that its models said until the next. */
export interface KeptPeriod {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly training: PeriodTraining;
  readonly symbols: readonly SymbolPredictions[];
}

export interface PeriodKey {
  readonly at: number;
  /** Of the candles that had closed by the date. */
  readonly dataHash: string;
  /** Of the candles up to the end of the period. */
  readonly endHash: string;
}

const HASH_CHARACTERS = 16;

/** The periods of one recipe, a file each. A file appears complete or not at all. */
export class KeptPeriods {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  find(key: PeriodKey): KeptPeriod | undefined {
    try {
      return JSON.parse(readFileSync(this.#fileOf(key), 'utf8')) as KeptPeriod;
    } catch (error) {
      // One that cannot be read is made again.
      const isAway = (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (isAway || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  /** @throws TransientError where it cannot be written */
  keep(key: PeriodKey, period: KeptPeriod): void {
    const file = this.#fileOf(key);
    try {
      replaceFile(file, JSON.stringify(period));
    } catch (error) {
      const reason = `The predictions could not be kept in ${this.#folder}: ${messageOf(error)}`;
      throw new TransientError(reason, { cause: error });
    }
  }

  #fileOf({ at, dataHash, endHash }: PeriodKey): string {
    const date = new Date(at).toISOString().slice(0, 16).replace(':', '');
    const hashes = [dataHash, endHash].map((hash) => hash.slice(0, HASH_CHARACTERS));
    return path.join(this.#folder, `${date}-${hashes.join('-')}.json`);
  }
}
