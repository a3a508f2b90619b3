import type { BookKey } from '../domain/trade.js';
import type { Clock } from '../lib/clock.js';
import { messageOf, TransientError } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import type { LeaseStore } from '../storage/stores/lease-store.js';

type Leases = Pick<LeaseStore, 'acquire' | 'renew' | 'release'>;

export interface LeaseKeeperOptions {
  readonly leases: Leases;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What it is for, in words: `trading`. */
  readonly name: string;
  /** What only one process may work on, such as books. */
  readonly key: BookKey;
  /** The same for every run of one installation, so that a restart need not wait for its own lease. */
  readonly holder: string;
}

/** Wall time after which a lease that is not renewed is free for another process. */
export const LEASE_TTL_MS = 30_000;
const BEAT_MS = LEASE_TTL_MS / 3;

/**
 * Holds the right to trade on one account of one venue, or another that one process has at a time, within
 * one database. While another process has it, asks again every ten seconds and takes over once it is free.
 */
export class LeaseKeeper {
  readonly #abort = new AbortController();
  #beating: Promise<void> | undefined;
  #validUntilMs = 0;
  #isLastHolder = false;
  /** As it was last logged. */
  #wasHeld = false;
  #other: string | undefined;
  /** Whom the log named last as the one that is waited for. */
  #toldOther: string | undefined;

  readonly #options: LeaseKeeperOptions;

  constructor(options: LeaseKeeperOptions) {
    this.#options = options;
  }

  /** Asks for the lease once, then keeps asking or renewing in the background. */
  async start(): Promise<void> {
    if (this.#beating !== undefined) return;
    await this.#beat();
    this.#beating = this.#keepBeating();
  }

  /** Gives the lease back, so that a process that stands by need not wait for its end. */
  async stop(): Promise<void> {
    if (this.#abort.signal.aborted) return;
    this.#abort.abort();
    await this.#beating;
    this.#isLastHolder = false;
    if (!this.isHeld()) return;
    this.#validUntilMs = 0;
    const { key, holder } = this.#options;
    await this.#options.leases.release({ key, holder });
  }

  /** By this machine's clock: true only while no other process can have been given the lease. */
  isHeld(): boolean {
    return this.#options.clock.wallMs() < this.#validUntilMs;
  }

  /**
   * Whether this one held it when that was last answered: also after it ran out because nothing answers any more. By
   * then another process may hold it.
   */
  isLastHolder(): boolean {
    return this.#isLastHolder;
  }

  /** Who was last seen holding the lease instead of this one. */
  get otherHolder(): string | undefined {
    return this.#other;
  }

  /**
   * Renews inside a transaction: the row stays locked until it commits, so that nothing is stored by
   * a process that was asleep while another one took over.
   *
   * @throws TransientError when the lease is lost
   */
  async assertHeld(leases: Leases): Promise<void> {
    if (this.isHeld()) {
      const answer = await leases.renew(this.#request());
      // Not counted as a renewal here, because the transaction may still be undone.
      if (answer.status === 'held') return;
      this.#lose(answer.holder);
    }
    throw new TransientError(
      `The ${this.#options.name} lease is lost: nothing was stored or traded`,
    );
  }

  async #keepBeating(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      try {
        await this.#options.clock.sleep(BEAT_MS, signal);
      } catch {
        return;
      }
      await this.#beat();
    }
  }

  async #beat(): Promise<void> {
    const { leases, logger, name } = this.#options;
    const request = this.#request();
    try {
      await this.#claim(() => (this.isHeld() ? leases.renew(request) : leases.acquire(request)));
    } catch (error) {
      logger.warn(`The ${name} lease could not be asked for`, { error: messageOf(error) });
    }
    this.#logChange();
  }

  #logChange(): void {
    const { logger, name } = this.#options;
    const isHeld = this.isHeld();
    const holder = this.#other;
    if (isHeld === this.#wasHeld) {
      if (holder === undefined || holder === this.#toldOther) return;
      logger.info(`Another process holds the ${name} lease: standing by`, { holder });
    } else if (isHeld) logger.info(`Holding the ${name} lease`);
    else logger.error(`Lost the ${name} lease: standing by`, { holder });
    this.#wasHeld = isHeld;
    this.#toldOther = holder;
  }

  #request(): Parameters<Leases['renew']>[0] {
    const { key, holder, clock } = this.#options;
    return { key, holder, ttlMs: LEASE_TTL_MS, nowMs: clock.wallMs() };
  }

  async #claim(ask: () => ReturnType<Leases['renew']>): Promise<void> {
    // Counted from before the question, so that this side always ends first.
    const askedAtMs = this.#options.clock.wallMs();
    const answer = await ask();
    if (answer.status === 'taken') {
      this.#lose(answer.holder);
      return;
    }
    this.#validUntilMs = askedAtMs + LEASE_TTL_MS;
    this.#isLastHolder = true;
    this.#other = undefined;
  }

  #lose(holder: string): void {
    this.#validUntilMs = 0;
    this.#isLastHolder = false;
    // Empty once its holder has given it back.
    this.#other = holder === '' ? undefined : holder;
  }
}
