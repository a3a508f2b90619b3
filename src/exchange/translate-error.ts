import { ConfigError, HaltError, RejectedError, TransientError } from '../lib/errors.js';
import { redactError, redactText } from '../lib/redact.js';

const MAX_MESSAGE_LENGTH = 300;

/**
 * ccxt's error classes by the reaction they ask for. The nearest class in an error's own ancestry
 * decides, so a subclass may differ from its parent.
 */
const REACTIONS: Readonly<Record<string, 'transient' | 'rejected' | 'config'>> = {
  OperationFailed: 'transient',
  NetworkError: 'transient',
  AuthenticationError: 'config',
  RestrictedLocation: 'config',
  InvalidProxySettings: 'config',
  ExchangeClosedByUser: 'transient',
  ExchangeError: 'rejected',
  // Thrown by parsers that were handed something else than the venue's usual answer.
  TypeError: 'transient',
  SyntaxError: 'transient',
  RangeError: 'transient',
};

export interface TranslationContext {
  /** Venue and call, as the message's beginning. */
  readonly what: string;
  readonly knownSecrets?: readonly string[];
}

/**
 * Turns an error of a ccxt call into one of the four error classes. The message is short, without
 * markup and secrets; the cause is a redacted copy.
 */
export function translateError(error: unknown, context: TranslationContext): Error {
  if (isOurs(error)) return error;
  const cause = redactError(error, context.knownSecrets);
  const message = `${context.what}: ${readable(cause.message)}`;
  switch (reactionTo(error)) {
    case 'config':
      return new ConfigError(message, { cause });
    case 'rejected':
      return new RejectedError(message, { cause });
    case 'transient':
      return new TransientError(message, { cause });
  }
}

function isOurs(error: unknown): error is Error {
  const classes = [ConfigError, TransientError, RejectedError, HaltError];
  return classes.some((ours) => error instanceof ours);
}

function reactionTo(error: unknown): 'transient' | 'rejected' | 'config' {
  let prototype: unknown = error;
  for (let depth = 0; depth < 10; depth++) {
    if (typeof prototype !== 'object' || prototype === null) break;
    const name = (prototype as { constructor?: { name?: string } }).constructor?.name ?? '';
    const reaction = REACTIONS[name];
    if (reaction !== undefined) return reaction;
    prototype = Object.getPrototypeOf(prototype);
  }
  return 'transient';
}

/** One line without markup: venues behind a proxy answer failures with whole HTML pages. */
function readable(message: string): string {
  const text = redactText(message)
    .replace(/<(style|script)[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return text.length > MAX_MESSAGE_LENGTH ? `${text.slice(0, MAX_MESSAGE_LENGTH)}…` : text;
}
