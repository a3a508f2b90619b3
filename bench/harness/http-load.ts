import { connect, type Socket } from 'node:net';
import { percentile } from './statistics.js';

const SLICE_SECONDS = 2;

export interface LoadOptions {
  readonly port: number;
  /** Requested one after the other, from the first again after the last. */
  readonly paths: readonly string[];
  readonly connections: number;
  readonly seconds: number;
  /** Requests a second over all connections. Without it each connection asks again at once. */
  readonly rate?: number;
  /** Called with the body of each answer. */
  readonly onAnswer?: (text: string) => void;
}

export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  /** Answers with another status than 200. */
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Milliseconds of each request. */
  readonly times: readonly number[];
}

/**
 * Sends requests over connections that stay open. With a rate, a request's time counts from the moment
 * at which it was due, so that waiting for a free connection is part of it.
 */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const { connections, seconds, rate } = options;
  const times: number[] = [];
  let [asked, failed] = [0, 0];
  const startedAt = performance.now();
  const endAt = startedAt + seconds * 1000;
  const work = async (): Promise<void> => {
    const connection = await Connection.open(options.port);
    while (performance.now() < endAt) {
      const turn = asked++;
      const dueAt = rate === undefined ? performance.now() : startedAt + (turn / rate) * 1000;
      if (dueAt >= endAt) break;
      await untilDue(dueAt);
      const { status, text } = await connection.ask(
        options.paths[turn % options.paths.length] ?? '/',
      );
      times.push(performance.now() - dueAt);
      if (status !== 200) failed++;
      options.onAnswer?.(text);
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: connections }, work));
  const tookSec = (performance.now() - startedAt) / 1000;
  return {
    ...{ requests: times.length, perSecond: times.length / tookSec, failed },
    ...{ p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99) },
    maxMs: percentile(times, 1),
    times,
  };
}

/** Loads the API while `work` runs. */
export async function loadDuring(
  work: Promise<unknown>,
  options: Omit<LoadOptions, 'seconds'>,
): Promise<Pick<LoadResult, 'times' | 'failed'>> {
  const times: number[] = [];
  let failed = 0;
  let isOver = false;
  const end = work.finally(() => (isOver = true));
  while (!isOver) {
    const slice = await load({ ...options, seconds: SLICE_SECONDS });
    failed += slice.failed;
    for (const time of slice.times) times.push(time);
  }
  await end;
  return { times, failed };
}

async function untilDue(dueAt: number): Promise<void> {
  const waitMs = dueAt - performance.now();
  if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** One open connection with one request at a time. It does little, so that the load is not the limit. */
class Connection {
  private received = '';
  private settle: { resolve(answer: Answer): void; reject(error: Error): void } | undefined;

  private constructor(
    private readonly socket: Socket,
    private readonly port: number,
  ) {
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => this.take(chunk.toString()));
    socket.on('error', (error) => this.settle?.reject(error));
    socket.on('close', () => this.settle?.reject(new Error('The connection was closed')));
  }

  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(new Connection(socket, port)));
      socket.once('error', reject);
    });
  }

  ask(path: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
      this.socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${this.port}\r\n\r\n`);
    });
  }

  close(): void {
    this.settle = undefined;
    this.socket.destroy();
  }

  private take(chunk: string): void {
    this.received += chunk;
    const headEnd = this.received.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const head = this.received.slice(0, headEnd);
    const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1]);
    const end = headEnd + 4 + length;
    if (this.received.length < end) return;
    const answer = {
      status: Number(head.slice(9, 12)),
      text: this.received.slice(headEnd + 4, end),
    };
    this.received = this.received.slice(end);
    this.settle?.resolve(answer);
  }
}
