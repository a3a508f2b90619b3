import { once } from 'node:events';
import type { Transporter } from 'nodemailer';
import type { Logger } from '../lib/logger.js';
import { redactText } from '../lib/redact.js';
import { ChannelError, REPEATED_NOTE, type Channel, type Message } from './channel.js';

export interface EmailOptions {
  /** `smtp://user:password@host:587`, or `smtps://`. */
  readonly url: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly logger: Logger;
}

/** The library's own limits are minutes. */
const LIMIT_MS = 10_000;
const SMTP_PORT = 587;
const SMTPS_PORT = 465;
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Sends each message as a mail. Encrypted, except to a server on this machine that offers nothing. */
export class Email implements Channel {
  readonly name = 'email';
  readonly spacingMs = 0;
  readonly #options: EmailOptions;
  readonly #secrets: readonly string[];
  /** Made with the first mail. */
  #transport: Promise<Transporter> | undefined;

  constructor(options: EmailOptions) {
    this.#options = options;
    const { password } = new URL(options.url);
    this.#secrets = [options.url, decodeURIComponent(password)].filter((secret) => secret !== '');
  }

  async send(message: Message, signal: AbortSignal): Promise<void> {
    const { from, to, logger } = this.#options;
    const { uid, title, text, mayBeRepeated } = message;
    try {
      this.#transport ??= openTransport(this.#options.url);
      const transport = await this.#transport;
      if (signal.aborted) throw new Error('the daemon stops');
      const sending = transport.sendMail({
        from,
        to: [...to],
        // The same at each attempt: mail programs show one of two with the same.
        messageId: `<${uid}@evenkeel>`,
        subject: `[Evenkeel] ${title}`,
        text: [text, ...(mayBeRepeated ? [REPEATED_NOTE] : [])].join('\n\n'),
      });
      const { rejected = [] } = await orAborted(sending, signal);
      if (rejected.length > 0) {
        logger.warn('The mail server refuses some receivers', { refused: rejected.map(String) });
      }
    } catch (error) {
      throw this.#toChannelError(error as SmtpError);
    }
  }

  /** By the server's own code: the library calls a refusal for now and one for ever the same. */
  #toChannelError({ code, command, responseCode, message }: SmtpError): ChannelError {
    const isData = command === 'DATA';
    const said = redactText(message.split('\n')[0] ?? '', this.#secrets);
    return new ChannelError(responseCode === undefined ? `${code ?? ''} ${said}`.trim() : said, {
      isRefused: isData && responseCode !== undefined && responseCode >= 500,
      isUncertain: isData && responseCode === undefined,
    });
  }
}

async function openTransport(url: string): Promise<Transporter> {
  // Three megabytes that a daemon without mails does without.
  const { createTransport } = await import('nodemailer');
  const { hostname, port, protocol, username, password } = new URL(url);
  const isSecure = protocol === 'smtps:';
  const [user, pass] = [decodeURIComponent(username), decodeURIComponent(password)];
  return createTransport({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (isSecure ? SMTPS_PORT : SMTP_PORT) : Number(port),
    secure: isSecure,
    // Where the server does not offer STARTTLS, nothing is sent in clear.
    requireTLS: !isSecure && !LOOPBACK.has(hostname),
    ...(user === '' ? {} : { auth: { user, pass } }),
    connectionTimeout: LIMIT_MS,
    greetingTimeout: LIMIT_MS,
    socketTimeout: LIMIT_MS,
    // A text is a text, never the name of something to read.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

/** The library cannot be told to stop: a mail under way is left to itself. */
async function orAborted<T>(sending: Promise<T>, signal: AbortSignal): Promise<T> {
  const ended = new AbortController();
  const aborted = once(signal, 'abort', { signal: ended.signal }).then(() => {
    throw Object.assign(new Error('the daemon stops'), { command: 'DATA' });
  });
  try {
    return await Promise.race([sending, aborted]);
  } finally {
    ended.abort();
    aborted.catch(() => undefined);
    sending.catch(() => undefined);
  }
}

interface SmtpError extends Error {
  readonly code?: string;
  readonly command?: string;
  readonly responseCode?: number;
}
