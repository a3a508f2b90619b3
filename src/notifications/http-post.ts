import { ChannelError } from './channel.js';

/** A receiver that is silent for this long counts as gone. */
const ANSWER_TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 1_000_000;

export interface HttpPost {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  readonly text: string;
}

/**
 * Posts once, without following redirects: they could lead a secret elsewhere.
 *
 * @throws ChannelError without the address in its text, which may be a secret
 */
export async function httpPost(post: HttpPost): Promise<HttpAnswer> {
  const { url, headers, body, timeoutMs = ANSWER_TIMEOUT_MS } = post;
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([post.signal, timeout]);
  try {
    const options = { method: 'POST', headers, body, signal, redirect: 'manual' } as const;
    const response = await fetch(url, options);
    return {
      status: response.status,
      retryAfterMs: readRetryAfter(response.headers),
      text: (await response.text()).slice(0, MAX_ANSWER_BYTES),
    };
  } catch (error) {
    if (timeout.aborted) {
      throw new ChannelError(`no answer within ${timeoutMs / 1000} s`, { isUncertain: true });
    }
    const code = codeOf(error);
    // Before a connection stands, nothing was sent.
    const isUncertain = !NOT_CONNECTED.has(code);
    throw new ChannelError(code, { isUncertain });
  }
}

const NOT_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** `fetch` says only that it failed; the reason is its cause. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined;
  return code ?? (cause instanceof Error ? cause.name : 'the connection failed');
}

/** Seconds, or a date, which counts from that of the answer: the clocks of two machines differ. */
function readRetryAfter(headers: Headers): number | undefined {
  const header = headers.get('retry-after');
  if (header === null) return undefined;
  const seconds = Number(header);
  const askedMs = Number.isFinite(seconds)
    ? seconds * 1000
    : Date.parse(header) - Date.parse(headers.get('date') ?? '');
  return askedMs > 0 ? askedMs : undefined;
}
