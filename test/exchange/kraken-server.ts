import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface KrakenServerOptions {
  /** Epoch seconds. */
  readonly nowSec: number;
  /** Bodies as Kraken sends them. */
  readonly assetPairs: unknown;
  readonly ohlc: unknown;
}

/** Kraken's public REST dialect for one pair: other field names, seconds, volume in column 6. */
export class KrakenServer {
  readonly #server: Server;

  constructor(options: KrakenServerOptions) {
    const answers: Record<string, unknown> = {
      '/0/public/Time': { error: [], result: { unixtime: options.nowSec } },
      '/0/public/Assets': { error: [], result: ASSETS },
      '/0/public/AssetPairs': options.assetPairs,
      '/0/public/OHLC': options.ohlc,
      '/0/public/Ticker': { error: [], result: { XBTUSDT: TICKER } },
    };
    this.#server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      const body = answers[pathname] ?? { error: ['EGeneral:Unknown method'] };
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const ASSETS = {
  XXBT: { aclass: 'currency', altname: 'XBT', decimals: 10, display_decimals: 5 },
  USDT: { aclass: 'currency', altname: 'USDT', decimals: 8, display_decimals: 4 },
};

/** Ask, bid, last, volume, average, trades, low, high, open: each as Kraken packs it. */
const TICKER = {
  a: ['106000.20000', '1', '1.000'],
  b: ['106000.10000', '2', '2.000'],
  c: ['106000.10000', '0.00100000'],
  v: ['10.0', '20.0'],
  p: ['106000.0', '106000.0'],
  t: [100, 200],
  l: ['105000.0', '105000.0'],
  h: ['107000.0', '107000.0'],
  o: '105500.00000',
};
