import type { AttributeCode } from '../../features/items/attribute-codes.js';

/** What the model of a pooled bot needs to know besides its columns. */
export interface PooledDescription {
  readonly codes: readonly AttributeCode[];
  /** Items that gave rows. */
  readonly items: number;
  /** Rows that the bootstrap draws together. */
  readonly blockRows: number;
}
