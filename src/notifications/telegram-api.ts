import { z } from 'zod';
import { ChannelError } from './channel.js';
import { httpPost } from './http-post.js';

export interface TelegramApiOptions {
  /** Address of the Bot API, without the bot. */
  readonly url: string;
  readonly token: string;
}

const answer = z.object({
  ok: z.boolean(),
  result: z.unknown().optional(),
  description: z.string().optional(),
  parameters: z.object({ retry_after: z.number().optional() }).optional(),
});

/** Calls methods of the Bot API. The token is a part of the address, so no error carries an address. */
export class TelegramApi {
  readonly #options: TelegramApiOptions;

  constructor(options: TelegramApiOptions) {
    this.#options = options;
  }

  /** @throws ChannelError */
  async call(
    method: string,
    parameters: object,
    { signal, timeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs?: number },
  ): Promise<unknown> {
    const { url, token } = this.#options;
    const { status, text } = await httpPost({
      url: `${url}/bot${token}/${method}`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(parameters),
      signal,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
    const read = answer.safeParse(toJson(text));
    if (read.success && read.data.ok) return read.data.result;
    const { description, parameters: more } = read.success ? read.data : {};
    const seconds = more?.retry_after;
    // The server may repeat the address.
    const said = (description ?? '').replaceAll(token, '[hidden]').slice(0, 200);
    throw new ChannelError(`HTTP ${status}${said === '' ? '' : `: ${said}`}`, {
      // What is wrong with the chat is not wrong with the message.
      isRefused: status === 400 && !/\bchat\b/i.test(said),
      retryAfterMs: seconds === undefined ? undefined : seconds * 1000,
    });
  }
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
