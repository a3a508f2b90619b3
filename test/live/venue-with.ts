import type { OrderVenue } from '../../src/exchange/orders/order-venue.js';

/** That exchange with some calls of a test's own. */
export function venueWith(venue: OrderVenue, own: Partial<OrderVenue>): OrderVenue {
  return new Proxy(venue, {
    get: (of, name) => {
      if (name in own) return own[name as keyof OrderVenue];
      const member: unknown = Reflect.get(of, name, of);
      return typeof member === 'function' ? (member.bind(of) as unknown) : member;
    },
  });
}
