import { ulid } from 'ulid';

/** A new ULID: 26 characters, unique on every machine, ordered by `timeMs`. */
export function newUid(timeMs: number): string {
  return ulid(timeMs);
}
