import { createHash } from 'node:crypto';
import { RejectedError } from '../lib/errors.js';

const NAME = /^[0-9a-f]{64}$/;

/** The name that content has in a store. */
export function contentName(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** @throws RejectedError for what is no name: it would lead out of the store's folder */
export function assertName(sha256: string): void {
  if (NAME.test(sha256)) return;
  throw new RejectedError(`"${sha256.slice(0, 80)}" is no sha256; expected 64 hexadecimal digits`);
}

/** @throws RejectedError where the store handed out other bytes than were asked for */
export function assertContent(bytes: Buffer, sha256: string, place: string): void {
  const found = contentName(bytes);
  if (found === sha256) return;
  throw new RejectedError(
    `${place} hands out other bytes under ${sha256}: sha256 ${found}, ${bytes.length} bytes; they are refused`,
  );
}

export function missing(sha256: string, place: string): RejectedError {
  return new RejectedError(`${place} has no ${sha256}`);
}

export function tooLarge(sha256: string, place: string, maxBytes: number): RejectedError {
  return new RejectedError(`${place} has more than ${maxBytes} bytes under ${sha256}`);
}
