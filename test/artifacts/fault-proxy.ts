import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { S3Place } from '../../src/artifacts/s3-artifacts.js';

/** What goes wrong between a host and its S3 server. */
export type Fault = 'down' | 'silent' | 'slow' | 'lying' | 'full';

/** A moment in the traffic of a host. */
export interface Point {
  /** The first request is 0. */
  readonly request: number;
  readonly part: 'request' | 'answer';
  /** How much of the part's body has passed, from 0 to 1. */
  readonly share: number;
}

/** Below the limit of those who wait. */
const SLOW_MS = 250;
const FULL = `<?xml version="1.0"?><Error><Code>InsufficientStorage</Code><Message>no room</Message></Error>`;

/** Stands between a host and a real S3 server, hands through what it gets, and does harm on demand. */
export class FaultProxy {
  fault: Fault | undefined;
  /** What happens at a point, once. */
  trap: { readonly point: Point; readonly spring: () => void } | undefined;
  requests = 0;
  readonly #behind: S3Place;
  readonly #server = createServer((asked, answer) => {
    // A host that was killed, and one that the fault cut off.
    this.#pass(asked, answer).catch(() => answer.destroy());
  });

  constructor(behind: S3Place) {
    this.#behind = behind;
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get place(): S3Place {
    const { port } = this.#server.address() as AddressInfo;
    return { ...this.#behind, endpoint: `http://127.0.0.1:${port}` };
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #pass(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const at = this.requests++;
    if (this.fault === 'down') {
      answer.destroy();
      return;
    }
    const body = await buffer(asked);
    if (this.fault === 'silent') return;
    if (this.fault === 'slow') await sleep(SLOW_MS);
    if (this.fault === 'full' && asked.method === 'PUT') {
      answer.writeHead(507, { 'content-type': 'application/xml' }).end(FULL);
      return;
    }
    const isCut = this.#spring(at, 'request');
    const { port } = new URL(this.#behind.endpoint);
    const { method, url: path, headers } = asked;
    const passed = request({ host: '127.0.0.1', port, method, path, headers, agent: false });
    if (isCut !== undefined) {
      // The server sees the host die in the middle of what it sends.
      passed.on('error', () => undefined);
      passed.write(body.subarray(0, Math.floor(body.length * isCut)));
      passed.destroy();
      answer.destroy();
      return;
    }
    passed.end(body);
    const [back] = (await once(passed, 'response')) as [IncomingMessage];
    await this.#answer(at, { asked, answer, back, bytes: await buffer(back) });
  }

  async #answer(
    at: number,
    {
      asked,
      answer,
      back,
      bytes,
    }: {
      readonly asked: IncomingMessage;
      readonly answer: ServerResponse;
      readonly back: IncomingMessage;
      readonly bytes: Buffer;
    },
  ): Promise<void> {
    const isLie = this.fault === 'lying' && asked.method === 'GET' && bytes.length > 0;
    if (isLie) bytes[0] = (bytes[0] ?? 0) ^ 1;
    answer.writeHead(back.statusCode ?? 502, back.headers);
    const isCut = this.#spring(at, 'answer');
    if (isCut === undefined) {
      answer.end(bytes);
      return;
    }
    answer.write(bytes.subarray(0, Math.floor(bytes.length * isCut)));
    answer.destroy();
  }

  /** @returns how much of the body passes, where the trap has sprung */
  #spring(at: number, part: Point['part']): number | undefined {
    const { trap } = this;
    if (trap === undefined || trap.point.request !== at || trap.point.part !== part)
      return undefined;
    this.trap = undefined;
    trap.spring();
    return trap.point.share;
  }
}
