import { createHmac } from 'node:crypto';
import { ChannelError, type Channel, type Message } from './channel.js';
import { httpPost } from './http-post.js';

export interface WebhookOptions {
  readonly url: string;
  /** Key of the signature; undefined for none. */
  readonly secret: string | undefined;
  readonly version: string;
}

/** The body is refused as it is; another one may be taken. */
const REFUSED = new Set([400, 413, 422]);

/** Posts each message as JSON, with a key by which the receiver can tell a repetition, and a signature. */
export class Webhook implements Channel {
  readonly name = 'webhook';
  readonly spacingMs = 0;
  readonly #options: WebhookOptions;

  constructor(options: WebhookOptions) {
    this.#options = options;
  }

  async send(message: Message, signal: AbortSignal): Promise<void> {
    const { url, secret, version } = this.#options;
    const body = JSON.stringify(bodyOf(message));
    const headers: Record<string, string> = {
      'content-type': 'application/json',
      'user-agent': `evenkeel/${version}`,
      'idempotency-key': message.uid,
    };
    if (secret !== undefined)
      headers['x-evenkeel-signature'] = `sha256=${signatureOf(body, secret)}`;
    const { status, retryAfterMs } = await httpPost({ url, headers, body, signal });
    if (status >= 200 && status < 300) return;
    throw new ChannelError(`HTTP ${status}`, { isRefused: REFUSED.has(status), retryAfterMs });
  }
}

/** Hexadecimal HMAC-SHA256 of the bytes of the body. */
function signatureOf(body: string, secret: string): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

function bodyOf({ uid, event, level, title, text, items }: Message): object {
  return {
    id: uid,
    event,
    level,
    title,
    text,
    count: items.length,
    items: items.map((item) => ({
      key: item.key,
      title: item.title,
      text: item.text,
      data: item.data,
      at: new Date(item.at).toISOString(),
    })),
  };
}
