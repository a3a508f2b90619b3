import type { Clock } from '../lib/clock.js';
import { TransientError } from '../lib/errors.js';
import { redactText } from '../lib/redact.js';
import type { VenueTrouble } from './market-data.js';
import { Turns, type TurnSource } from '../lib/turns.js';

/** Answers larger than this are refused; a venue's full list of markets is some 20 MB. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;
/** A venue that asks for more than this is asked again after it all the same. */
const MAX_RETRY_AFTER_MS = 15 * 60_000;
/** The longest ban of an address that a venue states. */
const MAX_BAN_MS = 3 * 86_400_000;
/** Wall time for which a venue that refuses this machine, or bans it without saying how long, is left alone. */
const REFUSED_MS = 5 * 60_000;
/** What stands for "not from here": location, or an address that is blocked. */
const REFUSED_STATUSES = new Set([403, 451]);
const STATUSES_WITH_RETRY_AFTER = new Set([418, 429, 503]);

export interface VenueHttpOptions {
  readonly clock: Clock;
  /** Wall time for one request, from sending it to its last byte. */
  readonly timeoutMs: number;
  /** In which answers are handed out. Default: the next ones. */
  readonly turns?: TurnSource | undefined;
}

interface RequestInitOfCcxt {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string | undefined;
}

/** What ccxt reads of a response. */
export interface VenueAnswer {
  readonly ok: boolean;
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  text(): Promise<string>;
}

/**
 * Sends the requests that ccxt builds. ccxt's own time-out ends at the headers, so that a body that
 * hangs would hang its caller; here the whole answer has one deadline. Remembers `Retry-After`, which
 * holds for the venue and not only for the request that met it. ccxt parses a body as soon as it has
 * it, some milliseconds for a page of candles, so each is handed out in a turn of its own.
 */
export class VenueHttp {
  readonly #options: VenueHttpOptions;
  readonly #inFlight = new Set<AbortController>();
  readonly #turns: TurnSource;
  #blockedUntilWallMs = 0;
  #trouble: VenueTrouble | undefined;
  #isStopped = false;

  constructor(options: VenueHttpOptions) {
    this.#options = options;
    this.#turns = options.turns ?? new Turns();
  }

  /** Why requests fail, since the first failure in a row; undefined after an answer. */
  get trouble(): VenueTrouble | undefined {
    return this.#trouble;
  }

  /** Wall time for which the venue asked to be left alone, from now. */
  retryAfterMs(): number {
    return Math.max(0, this.#blockedUntilWallMs - this.#options.clock.wallMs());
  }

  /** Whether a request would leave now: the venue did not ask to wait, and nothing was stopped. */
  get isSending(): boolean {
    return !this.#isStopped && this.retryAfterMs() === 0;
  }

  /** In the form of `fetch`, as ccxt calls it; throws `TransientError` where no answer came. */
  readonly fetch = async (url: string, init: RequestInitOfCcxt): Promise<VenueAnswer> => {
    const what = `${init.method} ${withoutQuery(url)}`;
    if (this.#isStopped) throw new TransientError(`${what}: the exchange adapter is stopped`);
    const waitMs = this.retryAfterMs();
    if (waitMs > 0) {
      throw new TransientError(
        `${what}: the venue asked to wait ${Math.ceil(waitMs / 1000)} s more${this.#waitReason()}`,
      );
    }
    const controller = new AbortController();
    this.#inFlight.add(controller);
    const timeout = setTimeout(
      () => controller.abort(new TransientError(this.#timeoutText(what))),
      this.#options.timeoutMs,
    );
    try {
      return await this.#exchange(url, init, controller.signal);
    } catch (error) {
      const failure = toTransient(error, what, controller.signal);
      this.#noteTrouble(failure.message, false);
      throw failure;
    } finally {
      clearTimeout(timeout);
      this.#inFlight.delete(controller);
    }
  };

  /** Ends what is in flight; later requests are refused. */
  stop(): void {
    this.#isStopped = true;
    for (const controller of this.#inFlight) {
      controller.abort(new TransientError('the exchange adapter was stopped'));
    }
  }

  async #exchange(url: string, init: RequestInitOfCcxt, signal: AbortSignal): Promise<VenueAnswer> {
    const { method, headers, body } = init;
    const response = await fetch(url, {
      method,
      headers,
      // Exchanges do not redirect; following one would carry signed requests to a stranger.
      redirect: 'error',
      signal,
      ...(body === undefined ? {} : { body }),
    });
    this.#noteRetryAfter(response);
    const text = await readText(response);
    this.#noteRefusal(response, text);
    // ccxt passes such a body on as text, of which its parsers make an empty list.
    if (response.ok && !/^\s*[[{"\d-]/.test(text)) {
      throw new Error(`status ${response.status} with a body that is not JSON: ${kindOf(text)}`);
    }
    const { ok, status, statusText, headers: answered } = response;
    return {
      ok,
      status,
      statusText,
      headers: answered,
      text: async () => {
        await this.#turns.next();
        return text;
      },
    };
  }

  /** The reason of a refusal, for the requests that are held back by it. */
  #waitReason(): string {
    return this.#trouble?.isRefused === true ? ` after ${this.#trouble.reason}` : '';
  }

  #noteTrouble(reason: string, isRefused: boolean): void {
    if (this.#isStopped) return;
    const since = this.#trouble?.since ?? this.#options.clock.wallMs();
    this.#trouble = { reason, since, isRefused };
  }

  /** Bans and refusals hold for every request, not only for the one that met them. */
  #noteRefusal(response: Response, text: string): void {
    const { status, url } = response;
    if (response.ok) {
      this.#trouble = undefined;
      return;
    }
    const where = withoutQuery(url);
    const shown = redactText(
      text
        .replace(/<[^>]*>/g, ' ')
        .replace(/\s+/g, ' ')
        .trim(),
    ).slice(0, 200);
    if (REFUSED_STATUSES.has(status)) {
      this.#noteTrouble(`HTTP ${status} from ${where}: ${shown}`, true);
      this.#block(REFUSED_MS, MAX_RETRY_AFTER_MS);
    } else if (status === 418 || status === 429) {
      this.#noteTrouble(`HTTP ${status} from ${where}: ${shown}`, status === 418);
      const [, until] = /banned until (\d{13})/.exec(text) ?? [];
      if (until !== undefined)
        this.#block(Number(until) - this.#options.clock.wallMs(), MAX_BAN_MS);
      else if (status === 418 && this.retryAfterMs() === 0) this.#block(REFUSED_MS, MAX_BAN_MS);
    } else if (status >= 500) {
      this.#noteTrouble(`HTTP ${status} from ${where}`, false);
    } else {
      // The venue answers, and does not like the question.
      this.#trouble = undefined;
    }
  }

  #block(durationMs: number, longestMs: number): void {
    if (!(durationMs > 0)) return;
    const until = this.#options.clock.wallMs() + Math.min(durationMs, longestMs);
    this.#blockedUntilWallMs = Math.max(this.#blockedUntilWallMs, until);
  }

  #noteRetryAfter(response: Response): void {
    const header = response.headers.get('retry-after');
    if (header === null || !STATUSES_WITH_RETRY_AFTER.has(response.status)) return;
    const nowMs = this.#options.clock.wallMs();
    const seconds = Number(header);
    const asked = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - nowMs;
    if (!Number.isFinite(asked) || asked <= 0) return;
    const until = nowMs + Math.min(asked, MAX_RETRY_AFTER_MS);
    this.#blockedUntilWallMs = Math.max(this.#blockedUntilWallMs, until);
  }

  #timeoutText(what: string): string {
    return `${what}: no full answer within ${this.#options.timeoutMs} ms`;
  }
}

function kindOf(text: string): string {
  if (text.trim() === '') return 'it is empty';
  return /^\s*</.test(text) ? 'a web page' : 'some text';
}

async function readText(response: Response): Promise<string> {
  const declared = Number(response.headers.get('content-length') ?? '0');
  if (declared > MAX_BODY_BYTES) throw new Error(`an answer of ${declared} bytes`);
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  // The stream of a fetch body is async iterable in Node; its DOM type does not say so.
  const body = (response.body ?? []) as AsyncIterable<Uint8Array>;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) throw new Error(`an answer of more than ${MAX_BODY_BYTES} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function toTransient(error: unknown, what: string, signal: AbortSignal): TransientError {
  if (signal.aborted && signal.reason instanceof TransientError) return signal.reason;
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = (inner as { code?: unknown } | null)?.code;
  const text = inner instanceof Error ? inner.message : String(inner);
  const reason = typeof code === 'string' && !text.includes(code) ? `${code} ${text}` : text;
  return new TransientError(redactText(`${what}: ${reason}`.trim()));
}

/** Queries may carry signatures and keys; the path says enough. */
function withoutQuery(url: string): string {
  return redactText(url.split('?', 1)[0] ?? url);
}
