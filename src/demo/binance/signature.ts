import { createHmac, timingSafeEqual } from 'node:crypto';
import type { DemoKeys, KeyRight } from '../account/keys.js';
import { BinanceRefusal, refuse } from '../dialect/binance-refusal.js';

/** A request as it was signed. */
export interface SignedRequest {
  readonly apiKey: string | undefined;
  /** Query and body as they were sent, one behind the other. */
  readonly sent: string;
  readonly parameters: URLSearchParams;
}

export interface SignatureContext {
  readonly keys: DemoKeys | undefined;
  readonly right: KeyRight;
  /** Market time. */
  readonly nowMs: number;
  /** Market milliseconds in a wall millisecond: windows are wall time, in which requests travel. */
  readonly speed: number;
}

const DEFAULT_WINDOW_MS = 5_000;
const LARGEST_WINDOW_MS = 60_000;
const AHEAD_MS = 1_000;

/**
 * @returns the keys that signed it
 * @throws BinanceRefusal with the code that Binance gives the fault
 */
export function assertSigned(request: SignedRequest, context: SignatureContext): DemoKeys {
  const { apiKey, parameters } = request;
  if (apiKey === undefined) throw new BinanceRefusal(401, -2014, 'API-key format invalid.');
  const { keys, right } = context;
  if (keys?.apiKey !== apiKey) throw invalidKey();
  const signature = parameters.get('signature');
  if (signature === null) {
    throw refuse(
      -1102,
      "Mandatory parameter 'signature' was not sent, was empty/null, or malformed.",
    );
  }
  if (!isSignedBy(keys.secret, request.sent, signature)) {
    throw refuse(-1022, 'Signature for this request is not valid.');
  }
  assertInTime(parameters, context);
  if (!keys.rights.includes(right)) throw invalidKey();
  return keys;
}

function invalidKey(): BinanceRefusal {
  return new BinanceRefusal(401, -2015, 'Invalid API-key, IP, or permissions for action.');
}

function isSignedBy(secret: string, sent: string, signature: string): boolean {
  const signed = sent.replace(/&?signature=[^&]*/, '');
  const expected = createHmac('sha256', secret).update(signed).digest();
  const given = Buffer.from(signature, 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function assertInTime(parameters: URLSearchParams, { nowMs, speed }: SignatureContext): void {
  const sentAt = Number(parameters.get('timestamp') ?? NaN);
  if (!Number.isSafeInteger(sentAt)) {
    throw refuse(
      -1102,
      "Mandatory parameter 'timestamp' was not sent, was empty/null, or malformed.",
    );
  }
  const windowMs = Number(parameters.get('recvWindow') ?? DEFAULT_WINDOW_MS);
  if (!(windowMs > 0 && windowMs <= LARGEST_WINDOW_MS)) {
    throw refuse(-1131, 'recvWindow must be less than 60000.');
  }
  const scale = Math.max(1, speed);
  if (sentAt > nowMs + AHEAD_MS * scale) {
    throw refuse(-1021, "Timestamp for this request was 1000ms ahead of the server's time.");
  }
  if (nowMs - sentAt > windowMs * scale) {
    throw refuse(-1021, 'Timestamp for this request is outside of the recvWindow.');
  }
}
