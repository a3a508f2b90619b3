/** What is shown in place of a secret. */
export const HIDDEN = '[hidden]';

/** Names of parameters, headers and fields whose values are secret: venues echo them in errors. */
const SECRET_NAMES = [
  'api[-_]?(?:key|secret|token)',
  'access[-_]?key(?:[-_]?id)?',
  'access[-_]?token',
  'x-mbx-apikey',
  'sign(?:ature)?',
  'secret(?:[-_]?key)?',
  'private[-_]?key',
  'token',
  'passphrase',
  'pass(?:word|wd)',
  'listen[-_]?key',
  'authorization',
  '(?:set-)?cookie',
].join('|');

/** The whole name of a field, which may have a prefix: `mysqlPassword`, `x-api-key`. */
const SECRET_FIELD = new RegExp(`(?:^|[-_.]|[a-z0-9])(?:${SECRET_NAMES}|pass)$`, 'i');
/** `design` ends like `sign` but is no secret. */
const HARMLESS_FIELD = /[a-z0-9]sign$/;

const ASSIGNED = new RegExp(
  // name, closing quote, = or : , then the value: in double quotes, in single ones, or bare
  `(\\b(?:[a-z0-9]+[-_])*(?:${SECRET_NAMES})["']?\\s*[=:]\\s*)` +
    `(?:(bearer|basic)\\s+)?(?:"[^"]*"|'[^']*'|[^\\s&"',;}\\])<]+)`,
  'gi',
);
const BEARER = /\b(bearer|basic)\s+[a-z0-9._~+/=-]{8,}/gi;
const USER_INFO = /([a-z][a-z0-9+.-]*:\/\/[^\s/@:]*:)[^\s/@]+(?=@)/gi;
/** User info without a colon may be a token. */
const LONE_USER = /([a-z][a-z0-9+.-]*:\/\/)[^\s/@:]+(?=@)/gi;

/** Shorter values occur in ordinary text: hiding them would make logs unreadable. */
const MIN_SECRET_LENGTH = 4;
const MAX_DEPTH = 6;
/** Longest chain of causes that is kept; a longer one is a loop. */
const MAX_CAUSES = 5;

export interface RedactOptions {
  /** Name of the field that holds the value. */
  readonly name?: string;
  /** Values that must never appear. */
  readonly secrets: readonly string[];
}

/** A copy of the value in which nothing that looks like a secret, or is one, can be read. */
export function redact(value: unknown, options: RedactOptions, depth = 0): unknown {
  const { name, secrets } = options;
  if (name !== undefined && isSecretName(name) && value !== undefined) return HIDDEN;
  if (typeof value === 'string') return redactText(value, secrets);
  if (value === null || typeof value !== 'object') return value;
  // Deeper values are not shown at all: they may hold a secret.
  if (depth >= MAX_DEPTH) return HIDDEN;
  if (value instanceof Error) return redactError(value, secrets);
  if (Array.isArray(value)) return value.map((item) => redact(item, { secrets }, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([field, inner]) => [
      field,
      redact(inner, { name: field, secrets }, depth + 1),
    ]),
  );
}

/** The text without the given secrets and without what looks like one. */
export function redactText(text: string, secrets: readonly string[] = []): string {
  return withoutKnown(text, secrets)
    .replace(USER_INFO, `$1${HIDDEN}`)
    .replace(LONE_USER, `$1${HIDDEN}`)
    .replace(ASSIGNED, hideAssigned)
    .replace(BEARER, `$1 ${HIDDEN}`);
}

/** A copy of a thrown thing that is safe to show: same name and chain, redacted message and stack. */
export function redactError(error: unknown, secrets: readonly string[] = []): Error {
  return redactChain(error, secrets, MAX_CAUSES);
}

function isSecretName(name: string): boolean {
  return SECRET_FIELD.test(name) && !HARMLESS_FIELD.test(name);
}

/** Also in the escaped form that they have in an address. */
function withoutKnown(text: string, secrets: readonly string[]): string {
  let rest = text;
  for (const secret of secrets) {
    if (secret.length < MIN_SECRET_LENGTH) continue;
    rest = rest.replaceAll(secret, HIDDEN).replaceAll(encodeURIComponent(secret), HIDDEN);
  }
  return rest;
}

/** Keeps the quotes, so that JSON stays JSON. */
function hideAssigned(match: string, before: string): string {
  const last = match.at(-1) ?? '';
  const isQuoted = (last === '"' || last === "'") && match[before.length] === last;
  return isQuoted ? `${before}${last}${HIDDEN}${last}` : `${before}${HIDDEN}`;
}

function redactChain(error: unknown, secrets: readonly string[], causesLeft: number): Error {
  if (!(error instanceof Error)) return new Error(redactText(String(error), secrets));
  const hasCause = error.cause !== undefined && error.cause !== null && causesLeft > 0;
  const cause = hasCause ? redactChain(error.cause, secrets, causesLeft - 1) : undefined;
  const copy = new Error(redactText(error.message, secrets), cause === undefined ? {} : { cause });
  copy.name = error.name;
  if (error.stack !== undefined) copy.stack = redactText(error.stack, secrets);
  return copy;
}
