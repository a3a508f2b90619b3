import type { Fill, PlacedOrder } from './demo-order.js';

/** What happened to the account, in order. The journal holds nothing else. */
export type AccountEvent =
  | { readonly kind: 'deposited'; readonly asset: string; readonly amount: string }
  | { readonly kind: 'placed'; readonly order: PlacedOrder }
  | { readonly kind: 'triggered'; readonly orderId: number; readonly time: number }
  /** It has met the book; the fills of that moment follow as `filled`. */
  | { readonly kind: 'taken'; readonly orderId: number; readonly time: number }
  | { readonly kind: 'filled'; readonly orderId: number; readonly fill: Fill }
  | {
      readonly kind: 'ended';
      readonly orderId: number;
      readonly time: number;
      readonly as: 'CANCELED' | 'EXPIRED';
    };
