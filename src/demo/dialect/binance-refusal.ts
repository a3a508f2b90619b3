/**
 * An error answer in Binance's dialect: status, and `{code, msg}` as JSON. Codes and texts are those
 * of "Error codes for Binance" in the spot API documentation.
 */
export class BinanceRefusal extends Error {
  override readonly name = 'BinanceRefusal';

  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export function refuse(code: number, message: string): BinanceRefusal {
  return new BinanceRefusal(400, code, message);
}

export function invalidSymbol(): BinanceRefusal {
  return refuse(-1121, 'Invalid symbol.');
}

export function invalidInterval(): BinanceRefusal {
  return refuse(-1120, 'Invalid interval.');
}
