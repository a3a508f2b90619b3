import { z } from 'zod';
import type { Clock } from '../lib/clock.js';
import { messageOf } from '../lib/errors.js';
import { growingPauseMs } from '../lib/growing-pause.js';
import type { Logger } from '../lib/logger.js';
import type { FaultBoard } from '../monitoring/fault-board.js';
import type { TelegramApi } from './telegram-api.js';
import type { Telegram } from './telegram.js';

/** What the commands do. Each answers with a text for the chat. */
export interface CommandHandler {
  status(): Promise<string>;
  positions(): Promise<string>;
  halt(reason: string): Promise<string>;
  resume(): Promise<string>;
  why(symbol: string): Promise<string>;
}

export interface TelegramCommandsOptions {
  readonly api: TelegramApi;
  readonly chat: Telegram;
  /** Only what is written in this chat counts. */
  readonly chatId: string;
  readonly handler: CommandHandler;
  readonly isSender: () => boolean;
  /** Where it is seen that no command reaches the daemon. */
  readonly faults: Pick<FaultBoard, 'failed' | 'succeeded'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The server waits so long for something to answer. */
const POLL_SEC = 25;
const POLL_TIMEOUT_MS = (POLL_SEC + 10) * 1000;
const IDLE_MS = 1_000;
const RETRY = { firstMs: 2_000, longestMs: 60_000 } as const;
/** A command that is older was meant for another moment. */
const MAX_AGE_SEC = 120;

/** Its name among the faults. */
const FAULT = 'commands by Telegram';

const HELP = [
  '/status how it is',
  '/positions what it holds',
  '/halt reason: opens no position until /resume',
  '/resume goes on',
  '/why SYMBOL the newest decision',
].join('\n');

const update = z.object({
  update_id: z.number(),
  message: z
    .object({
      date: z.number(),
      text: z.string().optional(),
      chat: z.object({ id: z.number(), username: z.string().optional() }),
    })
    .optional(),
});

type Update = z.output<typeof update>;

/** Takes commands from one chat, by long polling. Never in the way of anything else. */
export class TelegramCommands {
  readonly #options: TelegramCommandsOptions;
  /** The next update that is not known yet. */
  #offset = 0;
  #failures = 0;

  constructor(options: TelegramCommandsOptions) {
    this.#options = options;
  }

  /** Asks until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { isSender, faults, clock, logger } = this.#options;
    const isOver = (): boolean => signal.aborted;
    while (!isOver()) {
      try {
        // Two that ask would take each other's commands.
        if (isSender()) await this.#poll(signal);
        else await clock.sleep(IDLE_MS, signal);
        this.#failures = 0;
        faults.succeeded(FAULT);
      } catch (error) {
        if (isOver()) return;
        this.#failures += 1;
        faults.failed(FAULT, error);
        if (this.#failures === 1) {
          logger.warn('Telegram gives no commands; trying again', { reason: messageOf(error) });
        }
        await clock.sleep(growingPauseMs(this.#failures, RETRY), signal).catch(() => undefined);
      }
    }
  }

  async #poll(signal: AbortSignal): Promise<void> {
    const parameters = {
      offset: this.#offset,
      timeout: POLL_SEC,
      allowed_updates: ['message'],
    };
    const timeoutMs = POLL_TIMEOUT_MS;
    const found = await this.#options.api.call('getUpdates', parameters, { signal, timeoutMs });
    for (const one of z.array(update).parse(found)) {
      this.#offset = one.update_id + 1;
      await this.#take(one, signal);
    }
  }

  async #take({ message }: Update, signal: AbortSignal): Promise<void> {
    const { chatId, chat, logger, clock } = this.#options;
    const text = message?.text?.trim() ?? '';
    if (message === undefined || !text.startsWith('/')) return;
    const { id, username } = message.chat;
    if (String(id) !== chatId && `@${username ?? ''}` !== chatId) {
      logger.warn('A command of another chat is ignored', { chat: id });
      return;
    }
    const ageSec = clock.wallMs() / 1000 - message.date;
    const answer = await this.#answer(text, ageSec).catch(
      (error: unknown) => `That did not work: ${messageOf(error)}`,
    );
    await chat.write(answer, signal).catch((error: unknown) => {
      logger.warn('A command could not be answered', { reason: messageOf(error) });
    });
  }

  async #answer(text: string, ageSec: number): Promise<string> {
    const { handler, logger } = this.#options;
    const [first = '', ...words] = text.split(/\s+/);
    // In groups a command names its bot: /status@name.
    const command = first.replace(/@.*$/, '').toLowerCase();
    logger.info('A command came by Telegram', { command });
    // A halt is never too old: it costs little where it was not meant any more.
    if (ageSec > MAX_AGE_SEC && command !== '/halt') {
      return `${command} is ${Math.round(ageSec / 60)} min old and was not done; send it again.`;
    }
    switch (command) {
      case '/status':
        return handler.status();
      case '/positions':
        return handler.positions();
      case '/halt':
        return handler.halt(words.join(' ').slice(0, 200));
      case '/resume':
        return handler.resume();
      case '/why':
        return words[0] === undefined ? 'Name a symbol: /why BTC/USDT' : handler.why(words[0]);
      default:
        return HELP;
    }
  }
}
