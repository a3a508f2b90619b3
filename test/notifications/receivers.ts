import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

export interface Received {
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  readonly body?: string;
  /** Ends the connection in place of an answer. */
  readonly isCut?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A server over real HTTP that keeps what it is sent, and answers as a test says. */
export class HttpReceiver {
  readonly received: Received[] = [];
  reply: (request: Received) => Reply | Promise<Reply> = () => ({ status: 200, body: '{}' });
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { url = '', headers } = request;
        const received = { url, headers, body: Buffer.concat(chunks).toString('utf8') };
        this.received.push(received);
        void Promise.resolve(this.reply(received)).then(
          ({ status, body = '', isCut, headers: own }) => {
            if (isCut === true) request.socket.destroy();
            else
              response.writeHead(status, { 'content-type': 'application/json', ...own }).end(body);
          },
        );
      });
    });
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

interface BotMessage {
  readonly chat_id: string;
  readonly text: string;
}

/** The methods of Telegram's Bot API that the daemon uses. */
export class BotApi extends HttpReceiver {
  readonly sent: BotMessage[] = [];
  /** What the next `sendMessage`, or the next one with that text in it, is answered; default: taken. */
  readonly refusals: (Reply & { readonly of?: string })[] = [];
  readonly #updates: object[] = [];
  readonly #token: string;

  constructor(token: string) {
    super();
    this.#token = token;
    this.reply = async ({ url, body }) => {
      if (!url.startsWith(`/bot${this.#token}/`)) {
        return { status: 401, body: '{"ok":false,"description":"Unauthorized"}' };
      }
      const parameters = JSON.parse(body) as { offset?: number } & BotMessage;
      if (url.endsWith('/getUpdates')) return this.#updatesFrom(parameters.offset ?? 0);
      const at = this.refusals.findIndex(({ of = '' }) => parameters.text.includes(of));
      const [refusal] = at === -1 ? [] : this.refusals.splice(at, 1);
      if (refusal !== undefined) return refusal;
      this.sent.push(parameters);
      return { status: 200, body: '{"ok":true,"result":{}}' };
    };
  }

  /** Somebody writes in a chat. */
  write(text: string, chat: { readonly id: number; readonly date: number }): void {
    const { id, date } = chat;
    this.#updates.push({
      update_id: this.#updates.length + 1,
      message: { date, text, chat: { id } },
    });
  }

  /** The real one waits longer for something to answer. */
  async #updatesFrom(offset: number): Promise<Reply> {
    const find = (): object[] => this.#updates.slice(Math.max(0, offset - 1));
    for (let look = 0; look < 5 && find().length === 0; look++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return { status: 200, body: JSON.stringify({ ok: true, result: find() }) };
  }
}

export interface Mail {
  readonly to: readonly string[];
  readonly text: string;
}

/** A real mail server, without encryption. */
export class MailServer {
  readonly mails: Mail[] = [];
  /** Receivers that it refuses, with the code. */
  readonly refused = new Map<string, number>();
  /** What the next mails are answered in place of being taken. */
  readonly failures: { readonly code: number; readonly text: string }[] = [];
  readonly #server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    onRcptTo: ({ address }, _, done) => {
      const code = this.refused.get(address);
      done(code === undefined ? null : smtpError(code, 'no such receiver'));
    },
    onData: (stream, session, done) => {
      let text = '';
      stream.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
      stream.on('end', () => {
        const failure = this.failures.shift();
        if (failure !== undefined) {
          done(smtpError(failure.code, failure.text));
          return;
        }
        this.mails.push({ to: session.envelope.rcptTo.map(({ address }) => address), text });
        done();
      });
    },
  });

  /** @returns its port */
  async start(host = '127.0.0.1'): Promise<number> {
    this.#server.on('error', () => undefined);
    await new Promise<void>((resolve) => this.#server.listen(0, host, resolve));
    return (this.#server.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(resolve));
  }
}

function smtpError(responseCode: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode });
}
