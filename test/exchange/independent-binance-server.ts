import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to the next requests whose path begins with `path`, first fault first. */
export interface ScriptedFault {
  readonly path: string;
  readonly kind:
    'hang' | 'hang-body' | 'reset' | '429' | '418' | '502' | 'web-page' | 'cut' | 'empty' | 'error';
  readonly retryAfterSec?: number;
  /** Body of an `error`, answered with status 400. */
  readonly body?: string;
}

export interface BinanceServerOptions {
  readonly symbols: readonly string[];
  readonly nowMs: () => number;
  /** Rows as Binance sends them, by market id; ascending. */
  readonly klines: (marketId: string, interval: string) => readonly (readonly unknown[])[];
}

/**
 * Binance's public spot REST dialect as its documentation describes it, for tests: time, exchange
 * info, klines and tickers. Written apart from the demo exchange, so that neither can hide a mistake
 * of the other.
 */
export class IndependentBinanceServer {
  readonly requests: string[] = [];
  readonly faults: ScriptedFault[] = [];
  /** Market ids that klines are refused for, although they are listed. */
  readonly refusedSymbols = new Set<string>();
  /** Market ids whose klines fail, as behind a proxy whose server is away. */
  readonly failingSymbols = new Set<string>();
  /** Market ids that are listed and do not trade. */
  readonly haltedSymbols = new Set<string>();
  /** While true every request is answered by the proxy in front of a venue that is away. */
  isDown = false;
  /** Rows in one answer at most. */
  pageLimit = 1_000;
  readonly #options: BinanceServerOptions;
  readonly #server: Server;

  constructor(options: BinanceServerOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  async start(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://localhost');
    this.requests.push(`${url.pathname}${url.search}`);
    const position = this.faults.findIndex((fault) => url.pathname.startsWith(fault.path));
    const [fault] = position < 0 ? [] : this.faults.splice(position, 1);
    const symbol = url.pathname === '/api/v3/klines' ? url.searchParams.get('symbol') : undefined;
    if (this.isDown || this.failingSymbols.has(symbol ?? '')) {
      misbehave({ path: '', kind: '502' }, request, response);
      return;
    }
    if (fault !== undefined) {
      misbehave(fault, request, response);
      return;
    }
    const body = this.#body(url);
    response.writeHead(body === undefined ? 404 : 'code' in Object(body) ? 400 : 200, {
      'content-type': 'application/json',
    });
    response.end(JSON.stringify(body ?? {}));
  }

  #body({ pathname, searchParams }: URL): unknown {
    const { symbols, nowMs, klines } = this.#options;
    if (pathname === '/api/v3/time') return { serverTime: nowMs() };
    if (pathname === '/api/v3/exchangeInfo') {
      return { symbols: symbols.map((id) => toSymbolInfo(id, this.haltedSymbols.has(id))) };
    }
    if (pathname === '/api/v3/ticker/24hr') {
      const ids = JSON.parse(searchParams.get('symbols') ?? '[]') as string[];
      const wanted = searchParams.get('symbol') ?? undefined;
      const unknown = [...ids, wanted ?? symbols[0]].find((id) => !symbols.includes(id ?? ''));
      if (unknown !== undefined) return { code: -1121, msg: 'Invalid symbol.' };
      return wanted === undefined ? ids.map((id) => this.#ticker(id)) : this.#ticker(wanted);
    }
    if (pathname !== '/api/v3/klines') return undefined;
    const id = searchParams.get('symbol') ?? '';
    const isRefused = !symbols.includes(id) || this.refusedSymbols.has(id);
    if (isRefused) return { code: -1121, msg: 'Invalid symbol.' };
    const startMs = Number(searchParams.get('startTime') ?? 0);
    const limit = Math.min(Number(searchParams.get('limit') ?? 500), this.pageLimit);
    return klines(id, searchParams.get('interval') ?? '')
      .filter(([openTime]) => Number(openTime) >= startMs)
      .slice(0, limit);
  }

  #ticker(symbol: string): unknown {
    const closeTime = this.#options.nowMs();
    return { symbol, lastPrice: '100.1', bidPrice: '100', askPrice: '100.2', closeTime };
  }
}

function toSymbolInfo(symbol: string, isHalted: boolean): unknown {
  const quoteAsset = symbol.slice(-4);
  return {
    symbol,
    status: isHalted ? 'BREAK' : 'TRADING',
    baseAsset: symbol.slice(0, -4),
    quoteAsset,
    baseAssetPrecision: 8,
    quotePrecision: 8,
    isSpotTradingAllowed: true,
    permissionSets: [['SPOT']],
    filters: [
      { filterType: 'PRICE_FILTER', minPrice: '0.01', maxPrice: '1000000', tickSize: '0.01' },
      { filterType: 'LOT_SIZE', minQty: '0.00001', maxQty: '9000', stepSize: '0.00001' },
      { filterType: 'NOTIONAL', minNotional: '5' },
    ],
  };
}

function misbehave(fault: ScriptedFault, request: IncomingMessage, response: ServerResponse): void {
  const retryAfter =
    fault.retryAfterSec === undefined ? {} : { 'retry-after': String(fault.retryAfterSec) };
  switch (fault.kind) {
    case 'hang':
      return;
    case 'hang-body':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' });
      response.write('[[');
      return;
    case 'reset':
      request.socket.resetAndDestroy();
      return;
    case 'cut':
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('[[1700000000000,"1.0","2.0"');
      return;
    case 'web-page':
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end('<html><body>Checking your browser</body></html>');
      return;
    case '502':
      response.writeHead(502, { 'content-type': 'text/html', ...retryAfter });
      response.end('<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>');
      return;
    case 'empty':
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('[]');
      return;
    case 'error':
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(fault.body ?? '{}');
      return;
    default:
      response.writeHead(Number(fault.kind), { 'content-type': 'application/json', ...retryAfter });
      response.end('{"code":-1003,"msg":"Too many requests."}');
  }
}
