import { modelKeyText, type ModelKey } from '../domain/model-key.js';
import type { FallbackReason } from '../domain/signal.js';
import type { Logger } from '../lib/logger.js';

/** How many signals without a trained model pass between two log lines about it. */
const SIGNALS_PER_LINE = 10;

const WITHOUT_MODEL: ReadonlySet<FallbackReason> = new Set([
  'features_changed',
  'expired',
  'rejected',
  'cooldown',
  'untrained',
]);

interface Counts {
  warnings: number;
  withoutModel: number;
  isMissingLogged: boolean;
}

/** Counts the signals that came from the fallback since the start of the run, and logs few of them. */
export class PredictionWarnings {
  readonly #logger: Logger;
  readonly #counts = new Map<string, Counts>();
  /** Of each key: why no model was used for its newest candle. */
  readonly #newest = new Map<
    string,
    { readonly key: ModelKey; readonly reason: FallbackReason | undefined }
  >();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  count(key: ModelKey): number {
    return this.#counts.get(modelKeyText(key))?.warnings ?? 0;
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, counts) => sum + counts.warnings, 0);
  }

  /** Remembers why no model was used for the newest candle of a key; undefined where one was. */
  observe(key: ModelKey, reason: FallbackReason | undefined): void {
    this.#newest.set(modelKeyText(key), { key, reason });
  }

  /** Keys whose newest candle no model was used for, although no reason lay in the model itself. */
  listUnused(): readonly { readonly key: ModelKey; readonly reason: FallbackReason }[] {
    return [...this.#newest.values()].flatMap(({ key, reason }) =>
      reason === undefined || WITHOUT_MODEL.has(reason) ? [] : [{ key, reason }],
    );
  }

  note(key: ModelKey, reason: FallbackReason, detail: string): void {
    const counts = this.#countsOf(key);
    counts.warnings++;
    if (WITHOUT_MODEL.has(reason)) this.#noteWithoutModel(key, counts, { reason, detail });
    if (reason === 'features_missing' && !counts.isMissingLogged) {
      counts.isMissingLogged = true;
      this.#logger.warn('Features are missing', { key: modelKeyText(key), detail });
    }
  }

  #noteWithoutModel(
    key: ModelKey,
    counts: Counts,
    why: { readonly reason: FallbackReason; readonly detail: string },
  ): void {
    counts.withoutModel++;
    if (counts.withoutModel % SIGNALS_PER_LINE !== 0) return;
    this.#logger.warn('Model is not trained', {
      key: modelKeyText(key),
      ...why,
      predictions: counts.withoutModel,
    });
  }

  #countsOf(key: ModelKey): Counts {
    const text = modelKeyText(key);
    const counts = this.#counts.get(text) ?? {
      warnings: 0,
      withoutModel: 0,
      isMissingLogged: false,
    };
    this.#counts.set(text, counts);
    return counts;
  }
}
