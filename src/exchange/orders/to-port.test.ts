import { describe, expect, it } from 'vitest';
import { TransientError } from '../../lib/errors.js';
import type { CcxtOrder } from './ccxt-trading.js';
import { toVenueOrder } from './to-port.js';

const ORDER: CcxtOrder = { id: '1', symbol: 'BTC/USDT', side: 'sell', amount: '1' };
const CONTEXT = { venueTime: 0 };

describe('an order as a venue shows it', () => {
  it.each(['closed', 'canceled', 'expired'])(
    'is no answer where it is over (%s) and does not say how much was filled',
    (status) => {
      expect(() => toVenueOrder({ ...ORDER, status }, CONTEXT)).toThrow(TransientError);
      expect(toVenueOrder({ ...ORDER, status, filled: '0' }, CONTEXT).filledBase.isZero()).toBe(
        true,
      );
    },
  );

  it('is rejected without a fill where the venue never took it', () => {
    const shown = toVenueOrder({ ...ORDER, status: 'rejected' }, CONTEXT);
    expect(shown).toMatchObject({ status: 'rejected' });
    expect(shown.filledBase.isZero()).toBe(true);
  });

  it('is open without a fill where it says neither', () => {
    const shown = toVenueOrder(ORDER, CONTEXT);
    expect(shown).toMatchObject({ status: 'open' });
    expect(shown.filledBase.isZero()).toBe(true);
  });
});
