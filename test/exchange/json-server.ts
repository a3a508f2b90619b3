import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers of a venue by path, as functions of the query. */
export type JsonRoutes = Readonly<Record<string, (query: URLSearchParams) => unknown>>;

/** A local venue: one JSON answer a path, 404 with the path for any other. */
export class JsonServer {
  readonly requests: string[] = [];
  readonly #server: Server;

  constructor(routes: JsonRoutes) {
    this.#server = createServer((request, response) => {
      const { pathname, search, searchParams } = new URL(request.url ?? '/', 'http://localhost');
      this.requests.push(`${pathname}${search}`);
      const route = routes[pathname];
      response.writeHead(route === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(route?.(searchParams) ?? { path: pathname }));
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
