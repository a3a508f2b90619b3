import type { Halt } from '../../domain/halt.js';
import type { Decision } from '../../domain/decision.js';
import type { EquityPoint, Fill, Order, Position, Reconciliation } from '../../domain/trade.js';
import { RejectedError } from '../../lib/errors.js';
import type { LeaseKeeper } from '../../coordination/lease-keeper.js';
import type { StoredPosition, TradingStores } from '../trading-stores.js';

/** What belongs together: stored as a whole or not at all. */
export interface LedgerEntry {
  readonly decision?: Decision | undefined;
  readonly opened?: Position;
  readonly changed?: PositionChange | undefined;
  /** An intent, stored before anything is done about it. */
  readonly intended?: Order | undefined;
  /** Of one order, in their sequence. */
  readonly fills?: readonly NumberedFill[];
  readonly sent?: { readonly orderUid: string; readonly venueOrderId: string | undefined };
  readonly settled?: Settlement | undefined;
  readonly valued?: EquityPoint;
  readonly halted?: Halt;
  readonly reconciled?: Reconciliation;
}

export interface NumberedFill {
  readonly fill: Fill;
  /** Which fill of its order it is, from 1. */
  readonly sequence: number;
}

export interface PositionChange {
  readonly from: StoredPosition;
  readonly to: Position;
}

export interface Settlement {
  readonly orderUid: string;
  readonly status: 'filled' | 'rejected' | 'canceled';
  readonly settledAt: number;
  readonly reason?: string;
}

/** What says that these books are this process's to write: a lease, or a run that has them to itself. */
type Lease = Pick<LeaseKeeper, 'assertHeld'>;

/** The only writer of the books. Each entry is one transaction of the process that holds the lease. */
export class Ledger {
  readonly #stores: TradingStores;
  readonly #lease: Lease;
  readonly #onStored: (entry: LedgerEntry) => void;

  constructor(
    stores: TradingStores,
    lease: Lease,
    onStored: (entry: LedgerEntry) => void = () => undefined,
  ) {
    this.#stores = stores;
    this.#lease = lease;
    this.#onStored = onStored;
  }

  /**
   * @throws TransientError when the lease is lost
   * @throws RejectedError when the signal was decided on, or the position changed, meanwhile
   */
  async store(entry: LedgerEntry): Promise<void> {
    await this.#stores.transaction(async (stores) => {
      await this.#lease.assertHeld(stores.leases);
      await write(stores, entry);
    });
    this.#onStored(entry);
  }
}

/** Parents before the rows that refer to them. */
async function write(stores: TradingStores, entry: LedgerEntry): Promise<void> {
  const { decision, opened, changed, intended, fills = [], sent, settled, valued } = entry;
  const { halted, reconciled } = entry;
  if (decision !== undefined) await insertDecision(stores, decision);
  if (opened !== undefined) await stores.positions.insert(opened);
  if (changed !== undefined) await stores.positions.update(changed.to, changed.from.rowVersion);
  for (const { fill, sequence } of fills) await stores.fills.insert(fill, sequence);
  if (sent !== undefined) await stores.orders.markSent(sent.orderUid, sent.venueOrderId);
  if (settled !== undefined) {
    const { orderUid, ...outcome } = settled;
    await stores.orders.settle(orderUid, outcome);
  }
  if (intended !== undefined) await stores.orders.insert(intended);
  if (valued !== undefined) await stores.equity.insert(valued);
  if (halted !== undefined) await stores.halts.insert(halted);
  if (reconciled !== undefined) await stores.reconciliations.insert(reconciled);
}

/** The first decision on a signal stands: nothing that belongs to a second one is stored. */
async function insertDecision({ decisions }: TradingStores, decision: Decision): Promise<void> {
  const stored = await decisions.insert(decision);
  if (stored.decision.uid === decision.uid) return;
  throw new RejectedError(`Signal ${decision.signalUid} is already decided on`);
}
