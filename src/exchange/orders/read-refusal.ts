import type { Refusal } from './venue-entry.js';

/** Code and message of a flat answer; undefined where it has no such code, or one that says all is fine. */
export function readCodeAndMessage(
  body: unknown,
  names: { readonly code: string; readonly message: string; readonly fine?: readonly string[] },
): Refusal | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const fields = body as Readonly<Record<string, unknown>>;
  const code = fields[names.code];
  if (typeof code !== 'string' && typeof code !== 'number') return undefined;
  if (names.fine?.includes(String(code)) === true) return undefined;
  const message = fields[names.message];
  return { code: String(code), message: typeof message === 'string' ? message : '' };
}

/** A member that is an object; undefined for anything else. */
export function memberOf(
  body: unknown,
  name: string,
): Readonly<Record<string, unknown>> | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const member = (body as Readonly<Record<string, unknown>>)[name];
  const first: unknown = Array.isArray(member) ? member[0] : member;
  if (typeof first !== 'object' || first === null) return undefined;
  return first as Readonly<Record<string, unknown>>;
}
