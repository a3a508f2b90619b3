import { ConfigError } from '../../lib/errors.js';
import { redactError, redactText } from '../../lib/redact.js';
import { createReadRetry, type ReadRetry } from '../retry-reads.js';
import { translateError } from '../translate-error.js';
import type { VenueHttp } from '../venue-http.js';
import { SentRequests, type SentRequest } from './sent-requests.js';
import { findKeyFix, meaningOf, type Refusal, type VenueEntry } from './venue-entry.js';

/** What became of a call: an answer, or what is known of the failure. */
export type Outcome<T> =
  | { readonly status: 'answered'; readonly value: T }
  | {
      readonly status: 'failed';
      readonly refusal: Refusal | undefined;
      readonly means: ReturnType<typeof meaningOf>;
      /** Whether something that may change the account left this machine. */
      readonly isSent: boolean;
      readonly reason: string;
    };

export interface VenueCallsOptions {
  readonly exchangeId: string;
  readonly entry: VenueEntry;
  readonly http: VenueHttp;
  /** Values that no message may show. */
  readonly secrets: readonly string[];
  readonly attempts: number;
  readonly initialDelayMs: number;
}

/** Calls of one account, whose failures are judged by what the venue itself said. */
export class VenueCalls {
  readonly #options: VenueCallsOptions;
  readonly #requests: SentRequests;
  readonly #retry: ReadRetry;

  constructor(options: VenueCallsOptions) {
    const { http, attempts, initialDelayMs } = options;
    this.#options = options;
    this.#requests = new SentRequests(http);
    this.#retry = createReadRetry({
      attempts,
      initialDelayMs,
      maxDelayMs: 2_000,
      retryAfterMs: () => http.retryAfterMs(),
      maxRetryAfterMs: 10_000,
      random: Math.random,
    });
  }

  /** For ccxt, in the place of `fetch`. */
  get fetch(): SentRequests['fetch'] {
    return this.#requests.fetch;
  }

  /** One call, made once, whose failure is an outcome. */
  async attempt<T>(what: string, call: () => Promise<T>): Promise<Outcome<T>> {
    const sent: SentRequest[] = [];
    try {
      return { status: 'answered', value: await this.#requests.record(sent, async () => call()) };
    } catch (error) {
      // An order's fate is in the answer to what was sent, not to a question before or after it.
      const changing = sent.findLast(({ method }) => method !== 'GET');
      const refusal = this.#findRefusal(changing ?? sent.at(-1));
      return {
        status: 'failed',
        refusal,
        means: refusal === undefined ? undefined : meaningOf(this.#options.entry, refusal),
        isSent: changing !== undefined,
        reason: this.#explain(error, what, refusal),
      };
    }
  }

  /** A question, asked again within a limit. Throws `TransientError`, or `ConfigError` for the key. */
  async read<T>(what: string, call: () => Promise<T>): Promise<T> {
    return this.#retry(async () => {
      const sent: SentRequest[] = [];
      try {
        return await this.#requests.record(sent, async () => call());
      } catch (error) {
        throw this.#toOurs(error, what, this.#findRefusal(sent.at(-1)));
      }
    });
  }

  /** What the venue itself said; a failure of its server or of one in between says nothing. */
  #findRefusal(sent: SentRequest | undefined): Refusal | undefined {
    if (sent?.body === undefined || sent.status === undefined) return undefined;
    if (sent.status >= 500 || sent.status === 429 || sent.status === 418) return undefined;
    try {
      return this.#options.entry.readRefusal(JSON.parse(sent.body) as unknown);
    } catch {
      // A refused key may be answered by a word instead of JSON.
      return sent.status === 401 ? { code: 'HTTP 401', message: sent.body } : undefined;
    }
  }

  #explain(error: unknown, what: string, refusal: Refusal | undefined): string {
    if (refusal === undefined) return this.#translate(error, what).message;
    const fix = findKeyFix(this.#options.entry, refusal.code);
    return `${this.#inWords(what, refusal)}${fix === undefined ? '' : `; ${fix}`}`;
  }

  #toOurs(error: unknown, what: string, refusal: Refusal | undefined): Error {
    const isKeyFault =
      refusal !== undefined && findKeyFix(this.#options.entry, refusal.code) !== undefined;
    if (!isKeyFault) return this.#translate(error, what);
    const cause = redactError(error, this.#options.secrets);
    return new ConfigError(this.#explain(error, what, refusal), { cause });
  }

  #inWords(what: string, { code, message }: Refusal): string {
    const text = redactText(message, this.#options.secrets).slice(0, 200);
    return `${this.#options.exchangeId} ${what}: ${code} ${text}`.trim();
  }

  #translate(error: unknown, what: string): Error {
    const { exchangeId, secrets } = this.#options;
    return translateError(error, { what: `${exchangeId} ${what}`, knownSecrets: secrets });
  }
}
