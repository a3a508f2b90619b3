import type { Logger } from '../../lib/logger.js';
import type { Server } from './new-server.js';

/**
 * Answers hold finite numbers only: JSON has no others. A number that could not be computed is null, and
 * a shape that does not allow null there refuses the answer.
 */
export function keepAnswersFinite(server: Server, logger: Logger): void {
  server.addHook('preSerialization', (request, _, payload, done) => {
    // Nearly all answers are left as they are: looking costs a tenth of copying.
    if (isAllFinite(payload)) {
      done(null, payload);
      return;
    }
    const fields: string[] = [];
    const answer = withoutInfinities(payload, '', fields);
    const path = request.routeOptions.url ?? '';
    logger.warn('An answer held a number that is not finite; null is sent', { path, fields });
    done(null, answer);
  });
}

function isAllFinite(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  if (value === null || typeof value !== 'object') return true;
  if (Array.isArray(value)) return value.every(isAllFinite);
  const fields = value as Readonly<Record<string, unknown>>;
  for (const name in fields) if (!isAllFinite(fields[name])) return false;
  return true;
}

/** @param fields receives the path of every number that is not finite */
function withoutInfinities(value: unknown, path: string, fields: string[]): unknown {
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value;
    fields.push(path);
    return null;
  }
  if (Array.isArray(value)) {
    return value.map((item, index) => withoutInfinities(item, `${path}[${index}]`, fields));
  }
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([name, item]): [string, unknown] => [
    name,
    withoutInfinities(item, path === '' ? name : `${path}.${name}`, fields),
  ]);
  return Object.fromEntries(entries);
}
