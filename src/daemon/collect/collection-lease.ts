import type { Clock } from '../../lib/clock.js';
import type { LeaseStore } from '../../storage/stores/lease-store.js';
import { PAPER_ACCOUNT } from '../module-options.js';

/** Not an account of the books: two processes that only collect keep out of each other's way by it. */
const COLLECTION = 'collection';
/** Outlives several looks, so that a busy moment does not let another one in. */
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
   * Takes or keeps the lease, or names the installation that collects already: the one whose daemon
   * trades there, or another one that only collects.
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
