import type { BookKey } from './trade.js';

/**
 * Who or what froze the entries: a person, the halt file, a limit on losses, or a fault after which the
 * books need a person.
 */
export type HaltCause = 'person' | 'file' | 'drawdown' | 'daily_loss' | 'fault';

/** No position is opened while it lasts; exits go on. */
export interface Halt extends BookKey {
  readonly uid: string;
  readonly cause: HaltCause;
  /** A sentence for a person. */
  readonly reason: string;
  /** Who asked for it: `api`, `command`, `daemon`. */
  readonly author: string;
  /** Market time. */
  readonly haltedAt: number;
  /** Market time at which it ends by itself; undefined where a person must resume. */
  readonly until: number | undefined;
  /** Whether everything that is held is to be sold. */
  readonly isCloseAll: boolean;
  /** Market time; undefined while nobody resumed. */
  readonly resumedAt: number | undefined;
  readonly resumedBy: string | undefined;
}
