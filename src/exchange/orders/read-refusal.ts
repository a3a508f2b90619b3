import type { Refusal } from './venue-entry.js';

/** Code and message of a flat answer; undefined where it has no such code. */
export function readCodeAndMessage(
  body: unknown,
  names: { readonly code: string; readonly message: string },
): Refusal | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const fields = body as Readonly<Record<string, unknown>>;
  const code = fields[names.code];
  if (typeof code !== 'string' && typeof code !== 'number') return undefined;
  const message = fields[names.message];
  return { code: String(code), message: typeof message === 'string' ? message : '' };
}
