import type { AttributeCode } from '../../features/items/attribute-codes.js';

/** What the model of a global bot needs to know besides its columns. */
export interface GlobalDescription {
  readonly codes: readonly AttributeCode[];
  /** Items that gave rows. */
  readonly items: number;
  /** Rows that the bootstrap draws together. */
  readonly blockRows: number;
}
