import type { Settings } from '../../config/settings.js';
import type { RedisPlace } from '../training/remote/redis-place.js';

/** Where the queue's Redis is; undefined where the daemon works its queue off itself. */
export function redisPlace({ queue, redisUrl, redisPrefix }: Settings): RedisPlace | undefined {
  if (queue !== 'redis' || redisUrl === undefined) return undefined;
  return { url: redisUrl, prefix: redisPrefix };
}
