import { modelKeyText } from '../../domain/model-key.js';
import type { Logger } from '../../lib/logger.js';
import { formatDue, type DueVerdict } from './due-verdict.js';

/** A key that still waits is logged again after so many cycles. */
const REPEAT_CYCLES = 10;

interface LoggedState {
  readonly state: string;
  readonly cycles: number;
}

/** Logs why keys without a trusted model are not trained yet: when the reason changes, and in every tenth cycle. */
export class WaitingLog {
  readonly #logged = new Map<string, LoggedState>();

  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  report(verdicts: readonly DueVerdict[]): void {
    for (const verdict of verdicts) this.#reportOne(verdict);
  }

  #reportOne(verdict: DueVerdict): void {
    const key = modelKeyText(verdict.key);
    const state = stateOf(verdict);
    const before = this.#logged.get(key);
    const cycles = before?.state === state ? before.cycles + 1 : 0;
    this.#logged.set(key, { state, cycles });
    const isWorthSaying = verdict.status === 'not_due' && WAITING.has(verdict.obstacle);
    if (!isWorthSaying || cycles % REPEAT_CYCLES !== 0) return;
    const { symbol, timeframe, bot } = verdict.key;
    this.#logger.info(`[TRAIN] Not yet: ${formatDue(verdict)}`, {
      symbol,
      timeframe,
      bot,
      cause: verdict.cause,
      nextRetryAt: verdict.nextRetryAt,
    });
  }
}

const WAITING: ReadonlySet<string> = new Set(['cooldown', 'history']);

/** The part of a verdict whose change is logged; remaining times and counts change in every cycle. */
function stateOf(verdict: DueVerdict): string {
  return verdict.status === 'due' ? 'due' : `${verdict.obstacle} ${String(verdict.cause)}`;
}
