import type { WalkProgress } from '../src/backtest/walk-forward/walk-options.js';
import { formatDuration } from '../src/domain/training-cooldown.js';
import { SystemClock, type Clock } from '../src/lib/clock.js';
import { RemainingTime } from '../src/lib/remaining-time.js';

export interface Listeners {
  readonly onProgress: (share: number) => void;
  readonly onTrained: (progress: WalkProgress) => void;
}

/** A bar on a terminal; elsewhere a line for each retraining date. */
export async function withProgress<T>(
  json: boolean,
  work: (listeners: Listeners) => Promise<T>,
): Promise<T> {
  const lines = new TrainingLines(new SystemClock(), (line) => process.stderr.write(`${line}\n`));
  if (json || !process.stderr.isTTY) {
    return work({ onProgress: () => undefined, onTrained: (progress) => lines.tell(progress) });
  }
  const { SingleBar } = await import('cli-progress');
  const format = 'backtest {bar} {percentage} % | {left}';
  const bar = new SingleBar({ format, stream: process.stderr, clearOnComplete: true });
  bar.start(100, 0, { left: '' });
  try {
    return await work({
      onProgress: (share) => bar.update(Math.round(100 * share)),
      onTrained: (progress) => bar.update({ left: lines.left(progress) }),
    });
  } finally {
    bar.stop();
  }
}

/** A line for each retraining date that is done. */
class TrainingLines {
  readonly #clock: Clock;
  readonly #time = new RemainingTime();
  readonly #write: (line: string) => void;
  #hasBegun = false;

  constructor(clock: Clock, write: (line: string) => void) {
    this.#clock = clock;
    this.#write = write;
  }

  tell(progress: WalkProgress): void {
    const { dates, done, kept, ended } = progress;
    const left = this.left(progress);
    if (!this.#hasBegun && kept > 0) {
      this.#write(`backtest: ${kept} of ${dates} trainings are kept from an earlier run`);
    }
    this.#hasBegun = true;
    if (ended === undefined) return;
    const count = (outcome: string): number =>
      ended.training.keys.filter((key) => key.outcome === outcome).length;
    const date = new Date(ended.at).toISOString().slice(0, 16).replace('T', ' ');
    const parts = ['promoted', 'rejected', 'failed', 'waiting']
      .map((outcome) => [count(outcome), outcome] as const)
      .filter(([models], at) => at < 2 || models > 0)
      .map(([models, outcome]) => `${models} ${outcome}`);
    const line = `backtest: trained ${done} of ${dates} (${date}): ${parts.join(', ')}`;
    this.#write([line, left].filter((part) => part !== '').join('; '));
  }

  /** `12 min left`, by the dates of this run so far; empty while nothing is known. */
  left({ dates, done, share }: WalkProgress): string {
    const leftMs = this.#time.leftAt((done + share) / dates, this.#clock.wallMs());
    return leftMs === undefined ? '' : `${formatDuration(leftMs)} left`;
  }
}
