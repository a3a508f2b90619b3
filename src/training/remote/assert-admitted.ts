import { ConfigError } from '../../lib/errors.js';
import { IMPATIENT, type RedisPlace } from './redis-place.js';

const REFUSED = /^(WRONGPASS|NOAUTH|NOPERM|ERR AUTH|ERR invalid password)/;

/**
 * Asks Redis once whether it lets this process in. A Redis that is away is none of this: it may come back.
 *
 * @throws ConfigError where it refuses user or password
 */
export async function assertAdmitted({ url }: RedisPlace): Promise<void> {
  const { Redis } = await import('ioredis');
  const redis = new Redis(url, { ...IMPATIENT, lazyConnect: true, retryStrategy: () => null });
  const said: string[] = [];
  redis.on('error', (error) => said.push(error.message));
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    said.push(String(error instanceof Error ? error.message : error));
  } finally {
    redis.disconnect();
  }
  const refusal = said.find((one) => REFUSED.test(one));
  if (refusal === undefined) return;
  const word = refusal.split(' ')[0] ?? '';
  throw new ConfigError(`Redis refuses the user or password of REDIS_URL (${word}): correct it`);
}
