import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../lib/clock.js';
import { growingPauseMs } from '../../lib/growing-pause.js';

const COOKIE = 'evenkeel_session';
const LIFE_MS = 12 * 3_600_000;

/** Wrong tokens of an address before it has to wait, and the wait, which doubles each time. */
const FREE_ATTEMPTS = 5;
const WAIT = { firstMs: 60_000, longestMs: 3_600_000 } as const;
/** Addresses that are remembered at once. */
const MAX_ADDRESSES = 10_000;

interface Attempts {
  failed: number;
  waits: number;
  /** Wall time until which no attempt is looked at. */
  blockedUntil: number;
  lastAt: number;
}

export type LogIn =
  | { readonly status: 'open'; readonly cookie: string; readonly expiresAt: number }
  | { readonly status: 'refused' }
  | { readonly status: 'blocked'; readonly waitMs: number };

/**
 * Sessions of browsers, which cannot send a token with every call. A session is a signed cookie, so that
 * it outlives a restart of the daemon and ends when the token changes. One that was ended is remembered
 * until it would have expired; a restart forgets that, and the browser has lost its cookie by then.
 */
export class BrowserSessions {
  readonly #token: string;
  readonly #clock: Pick<Clock, 'wallMs'>;
  readonly #key: Buffer;
  readonly #ended = new Map<string, number>();
  readonly #attempts = new Map<string, Attempts>();

  constructor(token: string, clock: Pick<Clock, 'wallMs'>) {
    this.#token = token;
    this.#clock = clock;
    this.#key = createHmac('sha256', token).update('browser session').digest();
  }

  /** Exchanges the token for a session; an address that guesses has to wait longer and longer. */
  open(token: string, from: { readonly address: string; readonly isSecure: boolean }): LogIn {
    const now = this.#clock.wallMs();
    const attempts = this.#attemptsOf(from.address, now);
    if (attempts.blockedUntil > now) {
      return { status: 'blocked', waitMs: attempts.blockedUntil - now };
    }
    if (!isSameText(token, this.#token)) {
      this.#fail(attempts, now);
      return { status: 'refused' };
    }
    this.#attempts.delete(from.address);
    const expiresAt = now + LIFE_MS;
    const body = `${expiresAt}.${randomBytes(16).toString('base64url')}`;
    const value = `${body}.${this.#sign(body)}`;
    return { status: 'open', cookie: cookieOf(value, LIFE_MS, from.isSecure), expiresAt };
  }

  /** When the session of a call expires; undefined where it has none that counts. */
  find(cookieHeader: string | undefined): number | undefined {
    const value = readCookie(cookieHeader);
    const [expires = '', nonce = '', signature = ''] = (value ?? '').split('.');
    if (value === undefined || !isSameText(signature, this.#sign(`${expires}.${nonce}`))) {
      return undefined;
    }
    const expiresAt = Number(expires);
    return expiresAt > this.#clock.wallMs() && !this.#ended.has(value) ? expiresAt : undefined;
  }

  /** Ends the session of a call. @returns the cookie that takes it out of the browser */
  end(cookieHeader: string | undefined): string {
    const now = this.#clock.wallMs();
    const expiresAt = this.find(cookieHeader);
    for (const [value, at] of this.#ended) if (at <= now) this.#ended.delete(value);
    const value = readCookie(cookieHeader);
    if (value !== undefined && expiresAt !== undefined) this.#ended.set(value, expiresAt);
    return cookieOf('', 0, false);
  }

  #sign(body: string): string {
    return createHmac('sha256', this.#key).update(body).digest('base64url');
  }

  #attemptsOf(address: string, now: number): Attempts {
    const known = this.#attempts.get(address);
    if (known !== undefined && now - known.lastAt < 2 * WAIT.longestMs) {
      // The five of a minute: those of earlier minutes do not count.
      if (known.blockedUntil <= now && now - known.lastAt >= WAIT.firstMs) known.failed = 0;
      return known;
    }
    const [oldest] = this.#attempts.keys();
    if (this.#attempts.size >= MAX_ADDRESSES && oldest !== undefined) this.#attempts.delete(oldest);
    const fresh = { failed: 0, waits: 0, blockedUntil: 0, lastAt: now };
    this.#attempts.set(address, fresh);
    return fresh;
  }

  #fail(attempts: Attempts, now: number): void {
    attempts.failed += 1;
    attempts.lastAt = now;
    if (attempts.failed < FREE_ATTEMPTS) return;
    attempts.waits += 1;
    attempts.blockedUntil = now + growingPauseMs(attempts.waits, WAIT);
    attempts.failed = 0;
  }
}

/** Digests have one length, so the comparison takes the same time whatever was given. */
export function isSameText(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}

function cookieOf(value: string, lifeMs: number, isSecure: boolean): string {
  const parts = [`${COOKIE}=${value}`, 'Path=/', 'HttpOnly', 'SameSite=Strict'];
  return [...parts, `Max-Age=${lifeMs / 1000}`, ...(isSecure ? ['Secure'] : [])].join('; ');
}

function readCookie(header: string | undefined): string | undefined {
  const found = (header ?? '').split(';').map((part) => part.trim().split('='));
  return found.find(([name]) => name === COOKIE)?.[1];
}
