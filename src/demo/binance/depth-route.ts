import { bookLevels, type BookLevel } from '../market/book.js';
import { decimalText } from './decimal-text.js';
import { getInstrument, type Route } from './route.js';

export const depthRoute: Route = {
  method: 'GET',
  path: '/api/v3/depth',
  weightOf: (parameters) => {
    const limit = Number(parameters.get('limit') ?? 100);
    if (limit <= 100) return 5;
    if (limit <= 500) return 25;
    return limit <= 1000 ? 50 : 250;
  },
  answer: (request) => {
    const instrument = getInstrument(request, request.query.getSymbol());
    const depth = request.query.limit(100, 5000);
    const { bids, asks } = bookLevels(instrument, { ...request, depth });
    return { lastUpdateId: request.nowMs, bids: bids.map(toText), asks: asks.map(toText) };
  },
};

function toText([price, quantity]: BookLevel): [string, string] {
  return [decimalText(price), decimalText(quantity)];
}
