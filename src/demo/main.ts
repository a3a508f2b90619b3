/**
 * Process of the demo exchange. Reads its `DemoSettings` as one JSON line from stdin, writes
 * `DemoMessage` lines to stdout, and stops when stdin ends, which means that its parent is gone.
 * Exit codes: 0 stopped, 78 a setting or a file must be corrected, 70 anything else.
 */
import { createInterface } from 'node:readline';
import { ConfigError, messageOf } from '../lib/errors.js';
import type { LogFields, Logger } from '../lib/logger.js';
import type { DemoMessage } from './demo-message.js';
import { DemoExchange, type DemoSettings } from './demo-server.js';
import { monotonicWall } from './market/market-clock.js';

const EXIT_CONFIG = 78;
const EXIT_FAILED = 70;
const END_CHECK_MS = 1_000;

function send(message: DemoMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function pipeLogger(bound: LogFields = {}): Logger {
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields?: LogFields): void =>
      send({ event: 'log', level, message, fields: { ...bound, ...fields } });
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => pipeLogger({ ...bound, ...fields }),
  };
}

function exitWhenWritten(code: number): void {
  process.stdout.write('', () => process.exit(code));
}

async function run(settings: DemoSettings): Promise<DemoExchange> {
  const demo = new DemoExchange({ ...settings, wall: monotonicWall, logger: pipeLogger() });
  send({ event: 'listening', ...(await demo.start()) });
  const endCheck = setInterval(() => {
    if (!demo.hasEnded()) return;
    clearInterval(endCheck);
    send({ event: 'ended', marketMs: demo.marketMs() });
  }, END_CHECK_MS);
  endCheck.unref();
  return demo;
}

function fail(error: unknown): void {
  const isConfigError = error instanceof ConfigError;
  send({ event: 'failed', isConfigError, message: messageOf(error) });
  exitWhenWritten(isConfigError ? EXIT_CONFIG : EXIT_FAILED);
}

function main(): void {
  let running: Promise<DemoExchange> | undefined;
  const stop = (): void => {
    if (running === undefined) exitWhenWritten(0);
    running?.then((demo) => demo.stop()).then(() => exitWhenWritten(0), fail);
  };
  const lines = createInterface({ input: process.stdin });
  lines.once('line', (line) => {
    running = Promise.resolve(line).then((text) => run(JSON.parse(text) as DemoSettings));
    running.catch(fail);
  });
  lines.once('close', stop);
  process.once('SIGTERM', stop);
  // Ctrl+C reaches the whole process group: the parent stops in order and closes stdin at its end.
  process.on('SIGINT', () => undefined);
  // A parent that is gone closes the other end of stdout as well.
  process.stdout.on('error', () => process.exit(EXIT_FAILED));
}

main();
