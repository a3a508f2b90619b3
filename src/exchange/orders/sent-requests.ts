import { AsyncLocalStorage } from 'node:async_hooks';
import type { VenueAnswer, VenueHttp } from '../venue-http.js';

/** One HTTP request of a call, and what came back. */
export interface SentRequest {
  readonly method: string;
  /** Without its query, which is signed. */
  readonly path: string;
  status?: number;
  /** Whole body of the answer; undefined where none came, or only a part. */
  body?: string;
}

/** What the call that is running has sent. One for all: each of these costs every promise of the process. */
const calls = new AsyncLocalStorage<SentRequest[]>();

/**
 * Keeps, call by call, what went over the wire. What became of an order is judged by that and not by
 * ccxt's error classes, which put certain refusals and lost answers into the same class.
 */
export class SentRequests {
  readonly #http: VenueHttp;

  constructor(http: VenueHttp) {
    this.#http = http;
  }

  /** Runs the call, and lists in `sent` what it sends. */
  record<T>(sent: SentRequest[], call: () => Promise<T>): Promise<T> {
    return calls.run(sent, call);
  }

  /** In the form of `fetch`, as ccxt calls it. */
  readonly fetch = async (
    url: string,
    init: Parameters<VenueHttp['fetch']>[1],
  ): Promise<VenueAnswer> => {
    // Asked in the same turn in which the request would leave.
    if (!this.#http.isSending) return this.#http.fetch(url, init);
    const request: SentRequest = { method: init.method, path: pathOf(url) };
    calls.getStore()?.push(request);
    const answer = await this.#http.fetch(url, init);
    request.status = answer.status;
    return {
      ...answer,
      text: async () => {
        const text = await answer.text();
        request.body = text;
        return text;
      },
    };
  };
}

function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : '';
}
