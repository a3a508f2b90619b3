import { z } from 'zod';
import { ConfigError, messageOf, RejectedError, TransientError } from '../lib/errors.js';

export interface DaemonAddress {
  readonly address: string;
  readonly apiToken: string | undefined;
}

/**
 * A call to a running daemon's API with the token of the settings.
 *
 * @throws ConfigError where the token is refused; whatever `fetch` throws when nobody answers
 */
export async function fetchDaemon(
  { address, apiToken }: DaemonAddress,
  route: string,
  request: RequestInit,
): Promise<Response> {
  const headers = new Headers(request.headers);
  if (apiToken !== undefined) headers.set('authorization', `Bearer ${apiToken}`);
  const response = await fetch(new URL(route, address), { ...request, headers });
  if (response.status !== 401) return response;
  await response.body?.cancel();
  throw new ConfigError(`API_TOKEN is not the one of the daemon at ${address}`);
}

const ANSWER_TIMEOUT_MS = 30_000;

export interface DaemonClientOptions {
  /**
   * Looked up for each call, because a restarted daemon may have another port.
   * @throws TransientError when there is none yet
   */
  readonly getAddress: () => string;
  readonly apiToken: string | undefined;
  /** Ends the calls under way. */
  readonly signal: AbortSignal;
}

/** The API of a daemon, with answers of a known shape and errors named by the reaction. */
export class DaemonClient {
  readonly #options: DaemonClientOptions;

  constructor(options: DaemonClientOptions) {
    this.#options = options;
  }

  get<T>(route: string, shape: z.ZodType<T>): Promise<T> {
    return this.#call(route, shape, {});
  }

  post<T>(route: string, shape: z.ZodType<T>, body: object): Promise<T> {
    const headers = { 'content-type': 'application/json' };
    return this.#call(route, shape, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  /**
   * @throws RejectedError with the daemon's own words for what it refuses
   * @throws TransientError when it does not answer, or not as this version expects
   */
  async #call<T>(route: string, shape: z.ZodType<T>, request: RequestInit): Promise<T> {
    const { getAddress, apiToken, signal: stopping } = this.#options;
    const address = getAddress();
    const signal = AbortSignal.any([stopping, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]);
    try {
      const response = await fetchDaemon({ address, apiToken }, route, { ...request, signal });
      const answer: unknown = await response.json();
      if (response.ok) return shape.parse(answer);
      throw toError(response.status, answer);
    } catch (error) {
      if (error instanceof ConfigError || error instanceof RejectedError) throw error;
      const isOther = error instanceof z.ZodError;
      const reason = isOther ? 'an answer of another version' : messageOf(error);
      throw new TransientError(`The daemon at ${address} does not answer: ${reason}`);
    }
  }
}

function toError(status: number, answer: unknown): Error {
  const { error } = answer as { error?: { message?: string } };
  const message = error?.message ?? `status ${status}`;
  if (status >= 500) return new TransientError(message);
  return new RejectedError(`The daemon refuses: ${message}`);
}
