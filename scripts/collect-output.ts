import type { CollectEnd, CollectProgress } from '../src/commands/collect.js';
import type { Clock } from '../src/lib/clock.js';
import { durationText, type CommandFormat } from './command-output.js';

/** Rates are measured over that long at most. */
const RATE_WINDOW_MS = 15_000;

/** How `npm run collect` shows its progress and its end. */
export function collectFormat(clock: Clock): CommandFormat<CollectProgress, CollectEnd> {
  const rate = new Rate(clock);
  return {
    bars: (progress) => [
      { percentage: progress.percentage, text: progressText(progress, rate.add(progress)) },
    ],
    line: (progress) => `${progress.percentage} % | ${progressText(progress, rate.add(progress))}`,
    // While it follows the market, only a change of these is worth a line.
    lineKey: ({ state, seriesReady, seriesTotal }) =>
      state === 'backfilling' ? undefined : `${state} ${seriesReady} ${seriesTotal}`,
    progressJson: (progress) => progressJson(progress, rate.add(progress)),
    end: ({ status }) =>
      status === 'stopped'
        ? 'Stopped; the next start goes on from here'
        : 'Everything is up to date',
    endJson: ({ status, left }) => ({ status, not_collected: left }),
  };
}

function progressJson(progress: CollectProgress, { barsPerSec, etaSec }: Speed): object {
  return {
    by: progress.by,
    state: progress.state,
    percentage: progress.percentage,
    series_ready: progress.seriesReady,
    series_total: progress.seriesTotal,
    bars_done: progress.barsDone,
    bars_wanted: progress.barsWanted,
    bars_per_sec: barsPerSec === undefined ? null : Math.round(barsPerSec),
    eta_sec: etaSec === undefined ? null : Math.round(etaSec),
  };
}

interface Speed {
  readonly barsPerSec: number | undefined;
  readonly etaSec: number | undefined;
}

/** How fast it goes lately, and how long the rest takes at that speed. */
export class Rate {
  readonly #clock: Clock;
  readonly #samples: { atMs: number; bars: number; percentage: number }[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add({ barsDone, percentage, state }: CollectProgress): Speed {
    const atMs = this.#clock.wallMs();
    // What was measured before a pause, or by a process that has ended, says nothing.
    if (state !== 'backfilling' || barsDone < (this.#samples.at(-1)?.bars ?? 0)) {
      this.#samples.length = 0;
    }
    this.#samples.push({ atMs, bars: barsDone, percentage });
    while ((this.#samples[0]?.atMs ?? atMs) < atMs - RATE_WINDOW_MS) this.#samples.shift();
    const first = this.#samples[0];
    if (first === undefined || first.atMs === atMs) return UNKNOWN;
    const seconds = (atMs - first.atMs) / 1000;
    const perSec = (percentage - first.percentage) / seconds;
    return {
      barsPerSec: (barsDone - first.bars) / seconds,
      etaSec: perSec > 0 ? (100 - percentage) / perSec : undefined,
    };
  }
}

const UNKNOWN: Speed = { barsPerSec: undefined, etaSec: undefined };

/** `12 of 100 series | 34,567 bars | 8,200 bars/s | ETA 1:20`. */
export function progressText(progress: CollectProgress, { barsPerSec, etaSec }: Speed): string {
  const { by, state, seriesReady, seriesTotal, barsDone } = progress;
  const parts = [`${seriesReady} of ${seriesTotal} series`, `${grouped(barsDone)} bars`];
  if (state !== 'backfilling') parts.unshift(state);
  if (by !== 'this process') parts.unshift(`by ${by}`);
  if (state === 'backfilling' && barsPerSec !== undefined) {
    parts.push(`${grouped(Math.round(barsPerSec))} bars/s`);
    parts.push(`ETA ${etaSec === undefined ? '–' : durationText(etaSec)}`);
  }
  return parts.join(' | ');
}

function grouped(value: number): string {
  return value.toLocaleString('en-US');
}
