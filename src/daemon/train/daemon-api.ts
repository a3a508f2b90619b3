import type { z } from 'zod';
import { ConfigError, messageOf, RejectedError, TransientError } from '../../lib/errors.js';
import { findLockHolder } from '../../coordination/data-dir-lock.js';
import { fetchDaemon } from '../fetch-daemon.js';
import type { TrainOptions } from './train-options.js';

const ANSWER_TIMEOUT_MS = 30_000;

/** Calls to the daemon that holds the folder. */
export class DaemonApi {
  constructor(private readonly options: Pick<TrainOptions, 'settings'>) {}

  get<T>(path: string, shape: z.ZodType<T>): Promise<T> {
    return this.call(path, shape, {});
  }

  post<T>(path: string, shape: z.ZodType<T>, body: object): Promise<T> {
    const headers = { 'content-type': 'application/json' };
    return this.call(path, shape, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  /**
   * @throws RejectedError with the daemon's own words for what it refuses
   * @throws TransientError when it does not answer
   */
  private async call<T>(path: string, shape: z.ZodType<T>, request: RequestInit): Promise<T> {
    const { settings } = this.options;
    const holder = findLockHolder(settings.dataDir);
    if (holder?.program !== undefined) {
      throw new TransientError(`${holder.program} is at work here: wait for its end, or stop it`);
    }
    const address = holder?.apiAddress;
    if (address === undefined) {
      throw new TransientError('The daemon that holds DATA_DIR does not serve its API yet');
    }
    const { apiToken } = settings;
    let response: Response;
    let answer: unknown;
    try {
      const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
      response = await fetchDaemon({ address, apiToken }, path, { ...request, signal });
      answer = await response.json();
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      throw new TransientError(`The daemon at ${address} does not answer: ${messageOf(error)}`);
    }
    if (response.ok) return shape.parse(answer);
    const { error } = answer as { error?: { message?: string } };
    const message = error?.message ?? `status ${response.status}`;
    if (response.status === 503) throw new TransientError(message);
    throw new RejectedError(`The daemon refuses: ${message}`);
  }
}
