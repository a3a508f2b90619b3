import type { ModelKey } from '../../domain/model-key.js';
import type { Stores } from '../../storage/stores.js';

/** A model that is about to serve. */
export interface Promotable {
  /** Why it passed the gate, in words. */
  readonly reason: string;
  /** Of an increment: what it continues. */
  readonly parentUid: string | undefined;
}

/** Why a model that passed the gate may not serve after all. Asked inside the transaction that would promote it. */
export async function findPromotionRefusal(
  tx: Stores,
  key: ModelKey,
  model: Promotable,
): Promise<string | undefined> {
  return (await findPinRefusal(tx, key, model)) ?? (await findParentRefusal(tx, key, model));
}

/** A pinned model is not replaced. */
async function findPinRefusal(
  tx: Stores,
  key: ModelKey,
  { reason }: Promotable,
): Promise<string | undefined> {
  const pin = await tx.pins.findLocked(key);
  if (pin === undefined || (await tx.models.findServing(key))?.uid !== pin.modelUid) {
    return undefined;
  }
  return `pinned: model ${pin.modelUid} stays until its pin is taken off; otherwise: ${reason}`;
}

/** The parent must still serve: a rollback or a clearing during the fit makes the increment obsolete. */
async function findParentRefusal(
  tx: Stores,
  key: ModelKey,
  { reason, parentUid }: Promotable,
): Promise<string | undefined> {
  if (parentUid === undefined) return undefined;
  if ((await tx.models.findServing(key))?.uid === parentUid) return undefined;
  return `its parent ${parentUid} serves no longer; otherwise: ${reason}`;
}
