import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../lib/errors.js';
import type { Logger } from '../../lib/logger.js';
import type { FaultEffect, Faults } from './faults.js';
import type { MarketClock } from '../market/market-clock.js';
import type { Market } from '../market/market.js';
import { BinanceRefusal } from './binance-refusal.js';
import { CONTROL_PATH, answerControl } from './fault-control.js';
import { Query } from './query.js';
import { ROUTES } from './routes.js';
import { RateRefusal, type WeightLimit } from './weight-limit.js';

export interface RequestHandlerOptions {
  readonly market: Market;
  readonly clock: MarketClock;
  readonly faults: Faults;
  readonly weightLimit: WeightLimit;
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
    const effects = faults.take(url.pathname, url.searchParams.get('symbol') ?? undefined);
    for (const effect of effects) {
      if (effect.kind === 'delay') await sleep(effect.delayMs, undefined, { ref: false });
      if (effect.kind === 'hang') return;
    }
    if (effects.some(({ kind }) => kind === 'reset')) {
      request.socket.resetAndDestroy();
      return;
    }
    const answer =
      findFaultyAnswer(effects) ?? this.#answerOf(request.method ?? 'GET', url, effects);
    if (effects.some(({ kind }) => kind === 'cut-body')) sendHalf(response, answer);
    else send(response, answer);
  }

  #answerOf(method: string, url: URL, effects: readonly FaultEffect[]): Answer {
    const route = ROUTES.find((one) => one.method === method && one.path === url.pathname);
    if (route === undefined) return htmlPage(404, 'Not Found');
    const { weightLimit, clock, market } = this.#options;
    try {
      weightLimit.charge(route.weightOf(url.searchParams));
      const query = new Query(url.searchParams);
      const nowMs = clock.nowMs();
      const weightPerMinute = weightLimit.perMinute;
      const toldMs = nowMs + skewOf(effects);
      const value = route.answer({ query, market, nowMs, toldMs, weightPerMinute, effects });
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
