import { setTimeout as sleep } from 'node:timers/promises';
import { backtest, backtestDetail } from '../src/api/contract/backtests.js';
import { messageOf } from '../src/lib/errors.js';
import type { DaemonChild } from './daemon-child.js';

const POLL_MS = 500;
const HOUR_MS = 3_600_000;
/** Of the span that is tested; the candles before it are what the first models learn from. */
const SPAN_HOURS = 3;

/** Keeps a daemon busy with backtests of models, one after the other, each with other models than the one before. */
export class BacktestLoad {
  readonly #child: DaemonChild;
  #loop: Promise<void> = Promise.resolve();
  #fault: string | undefined;
  #begun = 0;
  #ended = 0;
  #promoted = 0;
  #isStopping = false;

  constructor(child: DaemonChild) {
    this.#child = child;
  }

  start(): void {
    this.#loop = this.#run().catch((error: unknown) => {
      this.#fault = messageOf(error);
    });
  }

  /** @throws Error where no backtest has been under way */
  assertBusy(): void {
    if (this.#fault !== undefined) throw new Error(`The backtest failed: ${this.#fault}`);
    if (this.#begun === 0) throw new Error('No backtest has begun');
  }

  describe(): string {
    return `${this.#begun} begun one after the other, ${this.#ended} ended, with ${this.#promoted} models promoted`;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      const { market_time: now } = await this.#child.status();
      const from = new Date(Date.parse(now) - SPAN_HOURS * HOUR_MS);
      this.#begun += 1;
      // Another seed makes other models: else they would be kept from the run before.
      const settings = { TRAIN_SEED: this.#begun };
      const asked = { signals: 'model', retrain: 'never', from, settings };
      const { id } = backtest.parse(await this.#child.post('/api/backtests', asked));
      await this.#untilEnded(id);
    }
  }

  async #untilEnded(id: string): Promise<void> {
    while (!this.#isStopping) {
      const run = backtestDetail.parse(await this.#child.get(`/api/backtests/${id}`));
      if (run.state === 'done') {
        this.#ended += 1;
        const models = run.figures?.['models'] as { readonly promoted?: number } | undefined;
        this.#promoted += models?.promoted ?? 0;
        return;
      }
      if (run.state !== 'running') throw new Error(`${run.state}: ${run.error ?? ''}`);
      await sleep(POLL_MS);
    }
    await this.#child.post(`/api/backtests/${id}/cancel`, {});
  }
}
