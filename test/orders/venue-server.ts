import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as it arrived. Parameters come from the query, a form or a JSON body. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export type Answer = { readonly status?: number; readonly body: unknown } | 'reset';

/** Answers a request, or leaves it to the next. */
export type Answerer = (request: RecordedRequest) => Answer | undefined;

/** A venue's server that writes down what it is asked and answers what the test says. */
export class VenueServer {
  readonly requests: RecordedRequest[] = [];
  readonly #answerers: Answerer[];
  readonly #server: Server;

  /** @param answerers the first that knows the request answers; others get 404 and JSON */
  constructor(...answerers: Answerer[]) {
    this.#answerers = answerers;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  /** Comes before those that are there. */
  answer(...answerers: Answerer[]): void {
    this.#answerers.unshift(...answerers);
  }

  /** Those that may change the account, and look-ups. */
  sent(path: string): RecordedRequest[] {
    return this.requests.filter((request) => request.path.includes(path));
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this.address;
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const recorded = await read(request);
    this.requests.push(recorded);
    let answer: Answer | undefined;
    for (const answerer of this.#answerers) answer ??= answerer(recorded);
    if (answer === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    const { status, body } = answer ?? { status: 404, body: { unanswered: recorded.path } };
    response.writeHead(status ?? 200, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }
}

async function read(request: IncomingMessage): Promise<RecordedRequest> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  let text = '';
  request.setEncoding('utf8');
  for await (const chunk of request) text += String(chunk);
  const parameters: Record<string, unknown> = Object.fromEntries(url.searchParams);
  if (text.startsWith('{')) Object.assign(parameters, JSON.parse(text) as object);
  else Object.assign(parameters, Object.fromEntries(new URLSearchParams(text)));
  return { method: request.method ?? 'GET', path: url.pathname, parameters };
}
