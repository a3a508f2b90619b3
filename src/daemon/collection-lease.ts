import type { Clock } from '../lib/clock.js';
import type { LeaseStore } from '../storage/stores/lease-store.js';
import { PAPER_ACCOUNT } from './open-live.js';

/** Not an account of the books: its lease keeps two processes that only collect apart. */
const COLLECTION = 'collection';
/** Longer than several polls, so that a busy moment does not let another process in. */
const TTL_MS = 30_000;

export interface CollectionLeaseOptions {
  readonly leases: Pick<LeaseStore, 'findHolder' | 'acquire' | 'release'>;
  readonly clock: Clock;
  readonly venue: string;
  /** This installation. */
  readonly holder: string;
}

/** Who collects one venue into one database, which daemons on other machines may share. */
export class CollectionLease {
  readonly #options: CollectionLeaseOptions;

  constructor(options: CollectionLeaseOptions) {
    this.#options = options;
  }

  /**
   * Takes or keeps the lease, or names the installation that collects already: one whose daemon trades
   * on this database, or another one that only collects.
   */
  async findOther(): Promise<string | undefined> {
    const { leases, clock, venue, holder } = this.#options;
    const nowMs = clock.wallMs();
    const trader = await leases.findHolder({ venue, account: PAPER_ACCOUNT }, nowMs);
    if (trader !== undefined && trader !== holder) return trader;
    const key = { venue, account: COLLECTION };
    const lease = await leases.acquire({ key, holder, ttlMs: TTL_MS, nowMs });
    return lease.status === 'taken' ? lease.holder : undefined;
  }

  async stop(): Promise<void> {
    const { leases, venue, holder } = this.#options;
    await leases.release({ key: { venue, account: COLLECTION }, holder });
  }
}
