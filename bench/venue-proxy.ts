import { createServer, request as httpRequest, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** One answer of the venue that was passed on completely. */
export interface PassedAnswer {
  readonly path: string;
  readonly symbol: string | null;
  readonly body: string;
  /** On this process's monotonic clock. */
  readonly atMs: number;
}

/** A proxy between daemon and venue that records when each answer arrived. */
export class VenueProxy {
  readonly #server: Server;
  #note: (answer: PassedAnswer) => void = () => undefined;

  private constructor(venueUrl: string) {
    const venue = new URL(venueUrl);
    this.#server = createServer((question, reply) => {
      const asked = new URL(question.url ?? '/', venue);
      const passed = httpRequest(
        asked,
        { method: question.method, headers: { ...question.headers, host: venue.host } },
        (answer) => {
          const parts: Buffer[] = [];
          answer.on('data', (part: Buffer) => parts.push(part));
          answer.on('end', () => {
            const body = Buffer.concat(parts);
            reply.writeHead(answer.statusCode ?? 502, answer.headers);
            reply.end(body);
            this.#note({
              ...{ path: asked.pathname, symbol: asked.searchParams.get('symbol') },
              ...{ body: body.toString(), atMs: performance.now() },
            });
          });
        },
      );
      passed.on('error', () => reply.destroy());
      question.pipe(passed);
    });
  }

  static async start(venueUrl: string): Promise<VenueProxy> {
    const proxy = new VenueProxy(venueUrl);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  onAnswer(note: (answer: PassedAnswer) => void): void {
    this.#note = note;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}
