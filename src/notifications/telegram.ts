import { REPEATED_NOTE, type Channel, type Message } from './channel.js';
import type { TelegramApi } from './telegram-api.js';

/** Longest text that the Bot API takes. */
const MAX_TEXT = 4096;
/** One message a second in a chat. */
const SPACING_MS = 1100;

/** Writes each message into one chat, as plain text. */
export class Telegram implements Channel {
  readonly name = 'telegram';
  readonly spacingMs = SPACING_MS;
  readonly #api: TelegramApi;
  readonly #chatId: string;

  constructor(api: TelegramApi, chatId: string) {
    this.#api = api;
    this.#chatId = chatId;
  }

  async send(message: Message, signal: AbortSignal): Promise<void> {
    const { title, text, level, mayBeRepeated } = message;
    const parts = [level === 'failing' ? `⚠ ${title}` : title, text];
    if (mayBeRepeated) parts.push(REPEATED_NOTE);
    await this.write(parts.filter((part) => part !== '').join('\n'), signal);
  }

  /** @throws ChannelError */
  async write(text: string, signal: AbortSignal): Promise<void> {
    const shown = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}…` : text;
    const parameters = {
      chat_id: this.#chatId,
      text: shown,
      link_preview_options: { is_disabled: true },
    };
    await this.#api.call('sendMessage', parameters, { signal });
  }
}
