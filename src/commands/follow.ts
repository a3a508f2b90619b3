import type { Clock } from '../lib/clock.js';
import { TransientError } from '../lib/errors.js';

/** Something that a daemon does and a command shows. */
export interface Followed<Progress, End> {
  /**
   * Asks how far it is.
   * @throws TransientError when the daemon does not answer
   */
  read(): Promise<Reading<Progress, End>>;
  /** The end for a command that is told to stop before. */
  leave(): Promise<End> | End;
}

export interface Reading<Progress, End> {
  /** Undefined while there is nothing to show yet. */
  readonly progress?: Progress | undefined;
  /** Once it is over. */
  readonly end?: End | undefined;
}

export interface FollowOptions<Progress> {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  readonly pollMs: number;
  /** Whether the daemon has ended, asked after half a minute of silence. */
  readonly hasEnded?: () => boolean;
}

/** A daemon that ended may be about to be started again: taking its folder would keep it from that. */
const RESTART_GRACE_MS = 30_000;
/** A daemon that begins, or is busy, may be silent for so long. */
const SILENCE_LIMIT_MS = 60_000;

/**
 * Shows how far something is until it is over or the signal aborts.
 *
 * @returns its end, or `gone` when the daemon has ended before
 * @throws TransientError after a minute without an answer
 */
export async function follow<Progress, End>(
  followed: Followed<Progress, End>,
  { clock, signal, onProgress, pollMs, hasEnded = () => false }: FollowOptions<Progress>,
): Promise<End | 'gone'> {
  let heardAtMs = clock.wallMs();
  const isOver = (): boolean => signal.aborted;
  while (!isOver()) {
    try {
      const { progress, end } = await followed.read();
      heardAtMs = clock.wallMs();
      if (progress !== undefined) onProgress(progress);
      if (end !== undefined) return end;
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      const silentMs = clock.wallMs() - heardAtMs;
      if (silentMs > RESTART_GRACE_MS && hasEnded()) return 'gone';
      if (silentMs > SILENCE_LIMIT_MS && !isOver()) throw error;
    }
    await clock.sleep(pollMs, signal).catch(() => undefined);
  }
  return followed.leave();
}
