import { Money } from '../../src/domain/money.js';
import type {
  LookUpAnswer,
  OrderVenue,
  VenueFill,
  VenueOrder,
} from '../../src/exchange/orders/order-venue.js';
import { venueWith } from './venue-with.js';

/** An exchange that shows its orders of one side open and filled but for a rest, until it shows them whole. */
export class SlowFills {
  readonly venue: OrderVenue;
  isWhole = false;
  isForgotten = false;
  readonly #side: 'buy' | 'sell';
  readonly #restOf: (filledBase: Money) => Money;

  constructor(venue: OrderVenue, side: 'buy' | 'sell', restOf: (filledBase: Money) => Money) {
    this.#side = side;
    this.#restOf = restOf;
    this.venue = this.#wrap(venue);
  }

  #wrap(venue: OrderVenue): OrderVenue {
    return venueWith(venue, {
      submit: async (request) => {
        const answer = await venue.submit(request);
        return answer.status === 'accepted'
          ? { ...answer, order: this.#show(answer.order) }
          : answer;
      },
      lookUp: async (symbol, id) => this.#lookedUp(await venue.lookUp(symbol, id)),
      fillsOf: async (order) =>
        this.#splitAll(await venue.fillsOf({ ...order, filledBase: new Money(0) })),
    });
  }

  #lookedUp(answer: LookUpAnswer): LookUpAnswer {
    if (answer.status !== 'found' || answer.order.side !== this.#side) return answer;
    if (this.isForgotten) return { status: 'absent', askedAtVenueTime: answer.order.updatedAt };
    return { ...answer, order: this.#show(answer.order) };
  }

  #show(order: VenueOrder): VenueOrder {
    const { side, kind, filledBase } = order;
    if (this.isWhole || side !== this.#side || kind === 'stop' || filledBase.isZero()) return order;
    return { ...order, status: 'open', filledBase: filledBase.minus(this.#restOf(filledBase)) };
  }

  /** The newest fill in two, of which the later one is shown once the order is. */
  #splitAll(fills: readonly VenueFill[]): readonly VenueFill[] {
    const last = fills.at(-1);
    if (last === undefined || last.side !== this.#side) return fills;
    const total = fills.reduce((sum, { sizeBase }) => sum.plus(sizeBase), new Money(0));
    const rest = this.#restOf(total);
    const parts = [partOf(last, last.sizeBase.minus(rest), 'a'), partOf(last, rest, 'b')];
    return [...fills.slice(0, -1), ...parts.slice(0, this.isWhole ? 2 : 1)];
  }
}

function partOf(fill: VenueFill, sizeBase: Money, part: string): VenueFill {
  const amount = fill.fee.amount.times(sizeBase).div(fill.sizeBase).toDecimalPlaces(12);
  const venueTradeId = `${fill.venueTradeId}${part}`;
  return { ...fill, venueTradeId, sizeBase, fee: { ...fill.fee, amount } };
}
