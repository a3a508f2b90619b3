import type { Logger } from '../../lib/logger.js';
import type { DueVerdict } from './due-verdict.js';

/** Back-fill that brings nothing for so long is over, or cannot go on: nobody waits for it. */
const STALLED_MS = 20_000;
/** However long back-fill takes: keys that are ready are trained after this. */
const MOST_HELD_MS = 15 * 60_000;

type Due = Extract<DueVerdict, { status: 'due' }>;

/**
 * Holds keys without a model while back-fill still brings candles for others without one, so that the
 * first training is one session on one base model and not a session a cycle. Wall times.
 */
export class FirstTraining {
  readonly #logger: Logger;
  /** Since when keys are held that could be trained; undefined while none is. */
  #heldSince: number | undefined;
  #samples = -1;
  #grewAt = 0;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** The due keys that may be queued now. */
  release(verdicts: readonly DueVerdict[], nowMs: number): readonly Due[] {
    const due = verdicts.filter((verdict) => verdict.status === 'due');
    const first = due.filter(({ cause }) => cause === 'untrained');
    const waiting = verdicts.filter(isWaitingForHistory);
    this.#observe(waiting, nowMs);
    const isBackfilling = waiting.length > 0 && nowMs - this.#grewAt < STALLED_MS;
    if (first.length === 0 || !isBackfilling) return this.#releaseAll(due);
    if (this.#heldSince === undefined) {
      this.#heldSince = nowMs;
      const counts = `${first.length} models could be trained, ${waiting.length} still wait for history`;
      this.#logger.info(`[TRAIN] The first training waits for back-fill: ${counts}`);
    }
    if (nowMs - this.#heldSince >= MOST_HELD_MS) return this.#releaseAll(due);
    return due.filter(({ cause }) => cause !== 'untrained');
  }

  #observe(waiting: readonly { readonly samples?: number | undefined }[], nowMs: number): void {
    const samples = waiting.reduce((sum, verdict) => sum + (verdict.samples ?? 0), 0);
    if (samples !== this.#samples) this.#grewAt = nowMs;
    this.#samples = samples;
  }

  #releaseAll(due: readonly Due[]): readonly Due[] {
    this.#heldSince = undefined;
    return due;
  }
}

function isWaitingForHistory(
  verdict: DueVerdict,
): verdict is Extract<DueVerdict, { status: 'not_due' }> {
  const { status, cause } = verdict;
  return status === 'not_due' && verdict.obstacle === 'history' && cause === 'untrained';
}
