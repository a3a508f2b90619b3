import { ConfigError, messageOf, RejectedError, TransientError } from '../lib/errors.js';

/** What an error of the library says beside its message. */
interface Answer {
  readonly name?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number | undefined };
}

const FULL = /^(InsufficientStorage|InsufficientCapacity|QuotaExceeded|XMinioStorageFull)/;
const NO_BUCKET = 'there is no such bucket: create it, or set S3_BUCKET';
/** Which setting is to be looked at, by the server's word. */
const FIXES: Readonly<Record<string, string>> = {
  NoSuchBucket: NO_BUCKET,
  InvalidAccessKeyId: 'the access key is not known: check S3_ACCESS_KEY_ID',
  SignatureDoesNotMatch: 'the secret is wrong: check S3_SECRET_ACCESS_KEY and S3_REGION',
  RequestTimeTooSkewed: "this machine's clock is wrong: set it",
  AuthorizationHeaderMalformed: 'the region is wrong: check S3_REGION',
  PermanentRedirect: 'the bucket lies elsewhere: check S3_ENDPOINT and S3_REGION',
  NotImplemented:
    'the server does not know conditional puts (If-None-Match): use one that does; docs/scaling.md has more',
};

export function noBucket(place: string): ConfigError {
  return new ConfigError(`The ${place}: ${NO_BUCKET}`);
}

export function isMissing(error: unknown): boolean {
  const { name, status } = answerOf(error);
  return name === 'NoSuchKey' || (name === 'NotFound' && status === 404);
}

/** The conditional put was refused: something of that name is there, or is just being put. */
export function isThere(error: unknown): boolean {
  const { name, status } = answerOf(error);
  return status === 412 || name === 'PreconditionFailed' || name === 'ConditionalRequestConflict';
}

/** By the caller's reaction: ours are handed through, and what a caller asks about keeps its cause. */
export function translateS3Error(error: unknown, place: string): Error {
  if (error instanceof RejectedError || error instanceof ConfigError) return error;
  const { name, status, code } = answerOf(error);
  const options = { cause: error };
  const fix = FIXES[name];
  if (fix !== undefined) return new ConfigError(`The ${place}: ${fix}`, options);
  if (status === 401 || status === 403) {
    // The answer to a question about a name has no body that would say more.
    const word = isUnnamed(name) ? status : name;
    const why = `access is refused (${word}): check S3_ACCESS_KEY_ID, S3_SECRET_ACCESS_KEY and their rights`;
    return new ConfigError(`The ${place}: ${why}`, options);
  }
  if (status === 507 || FULL.test(name)) {
    return new TransientError(`The ${place} is full: make room there`, options);
  }
  // The library calls a connection that was cut a time-out too, and leaves its code.
  if (isTimeout(name) && code === undefined)
    return new TransientError(`The ${place} does not answer in time`, options);
  const answer =
    status === undefined
      ? `${code ?? messageOf(error)}; check S3_ENDPOINT and whether its server runs`
      : `${status} ${name}`;
  return new TransientError(`The ${place}: ${answer}`, options);
}

function isUnnamed(name: string): boolean {
  return name === '' || name.startsWith('Unknown');
}

function isTimeout(name: string): boolean {
  return name === 'TimeoutError' || name === 'AbortError' || name === 'RequestTimeout';
}

/** Of a translated error: what its cause says. */
function answerOf(error: unknown): {
  readonly name: string;
  readonly status: number | undefined;
  readonly code: string | undefined;
} {
  const translated = error instanceof TransientError || error instanceof ConfigError;
  const answer = ((translated ? error.cause : error) ?? {}) as Answer;
  return { name: answer.name ?? '', status: answer.$metadata?.httpStatusCode, code: answer.code };
}
