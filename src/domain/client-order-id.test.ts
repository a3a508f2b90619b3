import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientOrderId } from './client-order-id.js';

describe('clientOrderId', () => {
  it('has the one form that every venue accepts', () => {
    fc.assert(
      fc.property(fc.string(), (seed) => {
        expect(clientOrderId(seed)).toMatch(/^(?!t)[a-z0-9]{18}$/);
      }),
    );
  });

  it('is the same for the same seed, also in the next release', () => {
    // The last 17 digits of sha256(seed) in base 36, computed apart from this code.
    expect(clientOrderId('01JD0000000000000000000000')).toBe('ewpg8lui6b3xhbqz9r');
  });

  it('differs between seeds', () => {
    const ids = Array.from({ length: 5_000 }, (_, index) => clientOrderId(`decision ${index}`));
    expect(new Set(ids).size).toBe(ids.length);
  });
});
