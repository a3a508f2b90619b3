import type { Api } from './types.generated';

type Call = keyof Api;
type Given<T> = T extends undefined ? unknown : T;
/** What a call takes besides its name; what it does not take cannot be given. */
export type Wish<C extends Call> = (Api[C]['params'] extends undefined
  ? object
  : { readonly params: Given<Api[C]['params']> }) & {
  readonly query?: Given<Api[C]['query']> | undefined;
  readonly body?: Given<Api[C]['body']> | undefined;
  readonly signal?: AbortSignal | undefined;
};
export type Answer<C extends Call> = Api[C]['answer'];

/** Why a call has no answer: refused by the daemon (`status`), or no daemon (`status` 0). */
export class CallError extends Error {
  override readonly name = 'CallError';
  readonly status: number;
  readonly field: string | null;

  constructor(message: string, status: number, field: string | null = null) {
    super(message);
    this.status = status;
    this.field = field;
  }
}

const TIME_LIMIT_MS = 30_000;
let onSignedOut: () => void = () => undefined;

/** Calls back when the daemon no longer knows this browser. */
export function whenSignedOut(callback: () => void): void {
  onSignedOut = callback;
}

/**
 * Calls the daemon.
 * @throws CallError with a sentence for the person who asked
 */
export async function call<C extends Call>(name: C, wish: Wish<C>): Promise<Answer<C>> {
  const [method = 'GET', template = '/'] = name.split(' ');
  const { body, query, signal } = wish;
  const params = ('params' in wish ? wish.params : {}) as Readonly<Record<string, unknown>>;
  const path = template.replace(/\{(\w+)\}/g, (_, key: string) =>
    encodeURIComponent(String(params[key])),
  );
  const limit = AbortSignal.timeout(TIME_LIMIT_MS);
  const isWrite = method !== 'GET';
  const init: RequestInit = {
    method,
    signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    ...(isWrite ? { headers: { 'content-type': 'application/json' } } : {}),
    ...(isWrite && method !== 'DELETE' ? { body: JSON.stringify(body ?? {}) } : {}),
  };
  const response = await fetch(`${path}${queryText(query)}`, init).catch((error: unknown) => {
    if (signal?.aborted === true) throw error;
    throw new CallError('The daemon does not answer', 0);
  });
  const answer: unknown = await response.json().catch(() => undefined);
  if (response.ok || isHealth(name, answer)) return answer as Answer<C>;
  if (response.status === 401 && template !== '/api/session') onSignedOut();
  throw toError(answer, response.status);
}

/** An ill daemon answers its health with 503 and the checks in the body. */
function isHealth(name: string, answer: unknown): boolean {
  return (
    name === 'GET /api/health' &&
    typeof answer === 'object' &&
    answer !== null &&
    'checks' in answer
  );
}

function queryText(query: unknown): string {
  const entries = Object.entries((query ?? {}) as Readonly<Record<string, unknown>>)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]): [string, string] => [name, String(value)]);
  return entries.length === 0 ? '' : `?${new URLSearchParams(entries).toString()}`;
}

function toError(answer: unknown, status: number): CallError {
  const { error } = (answer ?? {}) as {
    readonly error?: { readonly message: string; readonly field: string | null };
  };
  if (error === undefined) return new CallError(`The daemon answered ${status}`, status);
  return new CallError(error.message, status, error.field);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
