import { randomUUID } from 'node:crypto';
import type { OrderRequest, OrderSide, OrderType, TimeInForce } from '../account/demo-order.js';
import { refuse, type BinanceRefusal } from '../dialect/binance-refusal.js';
import type { Query } from './query.js';

const AMOUNT = /^([0-9]{1,20})(\.[0-9]{1,20})?$/;
const CLIENT_ID = /^[a-zA-Z0-9-_]{1,36}$/;
const TYPES: readonly OrderType[] = [
  'LIMIT',
  'LIMIT_MAKER',
  'MARKET',
  'STOP_LOSS',
  'STOP_LOSS_LIMIT',
];
const SIDES: readonly OrderSide[] = ['BUY', 'SELL'];
const TIMES_IN_FORCE: readonly TimeInForce[] = ['GTC', 'IOC', 'FOK'];

/** The parameters of a new order, read as Binance reads them. @throws BinanceRefusal */
export function readOrderRequest(query: Query): OrderRequest {
  const symbol = query.getSymbol();
  const side = oneOf(query.getText('side'), SIDES, refuse(-1117, 'Invalid side.'));
  const type = oneOf(query.getText('type'), TYPES, refuse(-1116, 'Invalid orderType.'));
  query.findText('newOrderRespType');
  const hasLimit = type === 'LIMIT' || type === 'LIMIT_MAKER' || type === 'STOP_LOSS_LIMIT';
  const hasStop = type === 'STOP_LOSS' || type === 'STOP_LOSS_LIMIT';
  const needsTime = type === 'LIMIT' || type === 'STOP_LOSS_LIMIT';
  const quoteOrderQty = type === 'MARKET' ? findAmount(query, 'quoteOrderQty') : undefined;
  return {
    symbol,
    side,
    type,
    clientOrderId: readClientId(query, 'newClientOrderId') ?? `demo-${randomUUID().slice(0, 23)}`,
    quantity: quoteOrderQty === undefined ? getAmount(query, 'quantity') : undefined,
    quoteOrderQty,
    price: hasLimit ? getAmount(query, 'price') : undefined,
    stopPrice: hasStop ? getAmount(query, 'stopPrice') : undefined,
    timeInForce: needsTime ? readTimeInForce(query) : 'GTC',
  };
}

export function readClientId(query: Query, name: string): string | undefined {
  const id = query.findText(name);
  if (id === undefined || CLIENT_ID.test(id)) return id;
  const range = '^[a-zA-Z0-9-_]{1,36}$';
  throw refuse(
    -1100,
    `Illegal characters found in parameter '${name}'; legal range is '${range}'.`,
  );
}

function readTimeInForce(query: Query): TimeInForce {
  const text = query.getText('timeInForce');
  return oneOf(text, TIMES_IN_FORCE, refuse(-1115, 'Invalid timeInForce.'));
}

function getAmount(query: Query, name: string): string {
  query.getText(name);
  return findAmount(query, name) ?? '';
}

function findAmount(query: Query, name: string): string | undefined {
  const text = query.findText(name);
  if (text === undefined || AMOUNT.test(text)) return text;
  const range = '^([0-9]{1,20})(\\.[0-9]{1,20})?$';
  throw refuse(
    -1100,
    `Illegal characters found in parameter '${name}'; legal range is '${range}'.`,
  );
}

function oneOf<T extends string>(text: string, all: readonly T[], refusal: BinanceRefusal): T {
  const found = all.find((one) => one === text);
  if (found === undefined) throw refusal;
  return found;
}
