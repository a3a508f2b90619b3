import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../lib/errors.js';
import type { Logger } from '../../lib/logger.js';
import type { DemoAccount } from '../account/demo-account.js';
import type { DemoKeys } from '../account/keys.js';
import type { FaultEffect, Faults } from './faults.js';
import type { MarketClock } from '../market/market-clock.js';
import type { Market } from '../market/market.js';
import { BinanceRefusal } from '../dialect/binance-refusal.js';
import { CONTROL_PATH, answerControl, readBody } from './fault-control.js';
import { Query } from './query.js';
import { ROUTES } from './routes.js';
import type { SignedRequest } from './signature.js';
import { RateRefusal, type WeightLimit } from './weight-limit.js';

export interface RequestHandlerOptions {
  readonly market: Market;
  readonly clock: MarketClock;
  readonly faults: Faults;
  readonly weightLimit: WeightLimit;
  readonly account: DemoAccount;
  readonly readKeys: () => DemoKeys | undefined;
  /** Market milliseconds in a wall millisecond. */
  readonly speed: number;
  readonly controlToken: string | undefined;
  readonly logger: Logger;
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Turns a request into an answer: faults first, then request weight, then the route's own answer. */
export class RequestHandler {
  readonly #options: RequestHandlerOptions;

  constructor(options: RequestHandlerOptions) {
    this.#options = options;
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    this.#respond(request, response).catch((error: unknown) => {
      this.#options.logger.error('Demo exchange failed to answer', {
        url: request.url,
        error: messageOf(error),
      });
      if (!response.headersSent) send(response, unknownError());
      else response.destroy();
    });
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const { controlToken, faults } = this.#options;
    if (controlToken !== undefined && url.pathname === CONTROL_PATH) {
      send(response, await answerControl(request, { controlToken, faults }));
      return;
    }
    const asked = await readRequest(request, url);
    const met = faults.take({
      path: asked.path,
      method: asked.method,
      symbol: asked.signed.parameters.get('symbol') ?? undefined,
    });
    const effects = met.map(({ effect }) => effect);
    const before = met.filter(({ isAfter }) => !isAfter).map(({ effect }) => effect);
    if (await isLost(before, request)) return;
    const answer = findFaultyAnswer(before) ?? this.#answerOf(asked, effects);
    const after = met.filter(({ isAfter }) => isAfter).map(({ effect }) => effect);
    if (await isLost(after, request)) return;
    const shown = findFaultyAnswer(after) ?? answer;
    if (effects.some(({ kind }) => kind === 'cut-body')) sendHalf(response, shown);
    else send(response, shown);
  }

  #answerOf({ path, method, signed }: AskedRequest, effects: readonly FaultEffect[]): Answer {
    const route = ROUTES.find((one) => one.method === method && one.path === path);
    if (route === undefined) return htmlPage(404, 'Not Found');
    const { weightLimit, clock, market, account, readKeys, speed } = this.#options;
    try {
      weightLimit.charge(route.weightOf(signed.parameters));
      const query = new Query(signed.parameters);
      const nowMs = clock.nowMs();
      const weightPerMinute = weightLimit.perMinute;
      const toldMs = nowMs + skewOf(effects);
      const about = { market, nowMs, toldMs, speed, weightPerMinute, effects };
      const value = route.answer({ ...about, query, signed, readKeys, account });
      query.assertAllRead();
      return this.#withWeight(json(200, value));
    } catch (error) {
      if (error instanceof BinanceRefusal) return this.#withWeight(refusalAnswer(error));
      throw error;
    }
  }

  #withWeight(answer: Answer): Answer {
    const used = String(this.#options.weightLimit.usedWeight);
    const weight = { 'x-mbx-used-weight': used, 'x-mbx-used-weight-1m': used };
    return { ...answer, headers: { ...weight, ...answer.headers } };
  }
}

interface AskedRequest {
  readonly path: string;
  readonly method: string;
  readonly signed: SignedRequest;
}

async function readRequest(request: IncomingMessage, url: URL): Promise<AskedRequest> {
  const query = url.search.slice(1);
  const body = request.method === 'GET' ? '' : await readBody(request);
  const parts = [query, body].filter((part) => part !== '');
  const key = request.headers['x-mbx-apikey'];
  return {
    path: url.pathname,
    method: request.method ?? 'GET',
    signed: {
      apiKey: typeof key === 'string' ? key : undefined,
      // Binance signs query and body one behind the other, without a sign between them.
      sent: query + body,
      parameters: new URLSearchParams(parts.join('&')),
    },
  };
}

/** Waits where an effect says so; whether the request, or its answer, is lost. */
async function isLost(effects: readonly FaultEffect[], request: IncomingMessage): Promise<boolean> {
  for (const effect of effects) {
    if (effect.kind === 'delay') await sleep(effect.delayMs, undefined, { ref: false });
    if (effect.kind === 'hang') return true;
  }
  if (!effects.some(({ kind }) => kind === 'reset')) return false;
  request.socket.resetAndDestroy();
  return true;
}

/** The answer that a fault puts in the place of the venue's. */
function findFaultyAnswer(effects: readonly FaultEffect[]): Answer | undefined {
  for (const effect of effects) {
    switch (effect.kind) {
      case 'too-many-requests':
        return refusalAnswer(new RateRefusal(429, 'Too many requests.', effect.retryAfterSec));
      case 'banned':
        return refusalAnswer(
          new RateRefusal(418, 'Way too many requests; IP banned.', effect.retryAfterSec),
        );
      case 'refusal':
        return refusalAnswer(new BinanceRefusal(effect.status, effect.code, effect.message));
      case 'html':
        return htmlPage(effect.status, 'Server Error');
      case 'not-json':
        return { status: 200, body: '\u0000not JSON{', contentType: 'application/json' };
      default:
    }
  }
  return undefined;
}

function skewOf(effects: readonly FaultEffect[]): number {
  return effects.reduce((sum, effect) => sum + (effect.kind === 'skew' ? effect.skewMs : 0), 0);
}

function json(status: number, value: unknown): Answer {
  return { status, body: JSON.stringify(value), contentType: 'application/json;charset=UTF-8' };
}

function refusalAnswer(refusal: BinanceRefusal): Answer {
  const answer = json(refusal.status, { code: refusal.code, msg: refusal.message });
  if (!(refusal instanceof RateRefusal)) return answer;
  return { ...answer, headers: { 'retry-after': String(refusal.retryAfterSec) } };
}

function unknownError(): Answer {
  return json(500, { code: -1000, msg: 'An unknown error occurred while processing the request.' });
}

function htmlPage(status: number, title: string): Answer {
  const body = `<html>\n<head><title>${status} ${title}</title></head>\n<body><h1>${status} ${title}</h1></body>\n</html>\n`;
  return { status, body, contentType: 'text/html' };
}

function send(response: ServerResponse, { status, body, contentType, headers }: Answer): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

function sendHalf(response: ServerResponse, { status, body, contentType, headers }: Answer): void {
  const length = Buffer.byteLength(body);
  response.writeHead(status, { 'content-type': contentType, 'content-length': length, ...headers });
  response.write(body.slice(0, Math.floor(body.length / 2)), () => response.destroy());
}
