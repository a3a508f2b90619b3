/**
 * Loaded before `main.ts` into a daemon of a test (`node --import`): signed requests to the exchange go wrong in turn,
 * and what comes back repeats what was sent, as proxies and exchanges do. SIGUSR2 is an error that nobody catches, with
 * the request in it.
 */
import { isMainThread } from 'node:worker_threads';

/** Of each kind: the start asks about key and account, and a daemon that is refused there only ends. */
const SOUND_QUESTIONS = 2;

const answer = globalThis.fetch;
/** By method and path. */
const asked = new Map<string, number>();
let lastSent = '';

/** What becomes of a request; undefined is the exchange's own answer. */
const FATES: readonly ((echo: string) => Response | undefined)[] = [
  () => undefined,
  (echo) => new Response(`<html><pre>${echo}</pre></html>`, { status: 502 }),
  () => undefined,
  (echo) => Response.json({ code: -1000, msg: `What is this? ${echo}` }, { status: 400 }),
  () => undefined,
  (echo) => {
    throw new TypeError('fetch failed', { cause: new Error(`reset while sending ${echo}`) });
  },
  () => undefined,
  (echo) => new Response(`{"cut": "${echo}`, { status: 200 }),
  () => undefined,
  (echo) => {
    const headers = { 'retry-after': '1' };
    return Response.json({ code: -1003, msg: `Too many: ${echo}` }, { status: 429, headers });
  },
];

const illAnswer: typeof fetch = async (input, init) => {
  const headers = new Headers(init?.headers);
  if (!headers.has('x-mbx-apikey')) return answer(input, init);
  const secret = process.env['EXCHANGE_API_SECRET'] ?? '';
  const url = typeof input === 'string' ? input : '';
  lastSent = `${url} ${JSON.stringify(Object.fromEntries(headers))} signed with ${secret}`;
  const kind = `${init?.method ?? ''} ${new URL(url).pathname}`;
  const times = (asked.get(kind) ?? (init?.method === 'GET' ? 0 : SOUND_QUESTIONS)) + 1;
  asked.set(kind, times);
  const fate =
    times <= SOUND_QUESTIONS ? undefined : FATES[(times - SOUND_QUESTIONS) % FATES.length];
  return fate?.(lastSent) ?? answer(input, init);
};

if (isMainThread) {
  globalThis.fetch = illAnswer;
  process.on('SIGUSR2', () => {
    throw Object.assign(new Error(`nobody catches this: ${lastSent}`), { request: lastSent });
  });
}
