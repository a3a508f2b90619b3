import { ConfigError } from '../lib/errors.js';

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
