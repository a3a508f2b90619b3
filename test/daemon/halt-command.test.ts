import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { errorAnswer } from '../../src/api/contract/common.js';
import { closedPosition, tradingHalt } from '../../src/api/contract/trading.js';
import { Money } from '../../src/domain/money.js';
import { buildPosition } from '../trading/build-trading.js';
import { DaemonWorld, type DaemonInProcess } from './daemon-in-process.js';

const run = promisify(execFile);

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

// Risk: somebody orders a halt, and nothing, or somebody else, heeds it.
let world: DaemonWorld;

beforeEach(async () => {
  world = new DaemonWorld();
  await world.open();
});

afterEach(() => world.close());

/** `npm run halt` or `npm run resume` with the data folder of that daemon. */
async function command(
  name: 'halt' | 'resume',
  daemon: Pick<DaemonInProcess, 'dataDir'>,
  ...flags: string[]
): Promise<Ended> {
  const file = fileURLToPath(new URL(`../../dist/scripts/${name}.js`, import.meta.url));
  const env = { PATH: process.env['PATH'], ...world.environment(daemon.dataDir) };
  try {
    const { stdout, stderr } = await run(process.execPath, [file, ...flags], {
      cwd: world.folder,
      env,
    });
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, err: stderr };
  }
}

describe('npm run halt and resume', () => {
  test('are orders to the daemon that runs, which says who halted it and why', async () => {
    const daemon = world.start('one');
    await daemon.untilState('running');
    const halted = await command('halt', daemon, '--reason', 'the venue is ill');
    expect(halted).toMatchObject({ code: 0, out: 'Trading is halted, by the running daemon.\n' });
    const { trading } = await daemon.status();
    expect(trading.halt).toMatchObject({
      cause: 'person',
      reason: 'the venue is ill',
      until: null,
    });
    expect(trading.halt?.author).toMatch(/^npm run halt \(.+\)$/);
    expect(await daemon.text('/metrics')).toContain('evenkeel_trading_halted 1');
    expect(await command('resume', daemon)).toMatchObject({
      code: 0,
      out: 'Trading is resumed, by the running daemon.\n',
    });
    expect((await daemon.status()).trading.halt).toBeNull();
  });

  test('are written to the database where none runs, and the next start heeds it', async () => {
    const daemon = world.start('one');
    await daemon.untilState('running');
    await daemon.stop();
    const halted = await command('halt', daemon, '--reason', 'over night', '--json');
    expect(JSON.parse(halted.out)).toMatchObject({
      by: 'database',
      books: [expect.stringMatching(/^binance\S* paper$/)],
    });
    const next = world.start('two');
    const { trading } = await next.untilState('running');
    expect(trading.halt).toMatchObject({ reason: 'over night' });
  });

  test('refuse what they cannot do, and say why', async () => {
    const nowhere = { dataDir: `${world.folder}/nowhere` };
    expect(await command('halt', nowhere)).toMatchObject({ code: 2 });
    const none = await command('halt', nowhere, '--reason', 'x');
    expect(none.code).toBe(2);
    expect(none.err).toMatch(/^halt: There are no books of binance yet/);
  });
});

describe('the calls', () => {
  test('name what is wrong with an order', async () => {
    const daemon = world.start('one');
    await daemon.untilState('running');
    const bare = await daemon.post('/api/trading/halt', {});
    expect(bare.status).toBe(400);
    expect(errorAnswer.parse(await bare.json()).error.field).toBe('reason');
    const gone = await daemon.post('/api/positions/nope/close');
    expect(gone.status).toBe(404);
  });

  test('halt and resume a daemon that stands by as well', async () => {
    const first = world.start('one');
    await first.untilState('running');
    const second = world.start('two');
    await second.untilState('standing by');
    const answer = await second.post('/api/trading/halt', { reason: 'stop' });
    expect(tradingHalt.parse(await answer.json())).toMatchObject({ halted: true, unsold: [] });
    await world.until('the halt at the other daemon', async () =>
      (await first.status()).trading.halt === null ? undefined : true,
    );
    expect((await second.post('/api/trading/resume')).status).toBe(200);
    await world.until('its end', async () =>
      (await first.status()).trading.halt === null ? true : undefined,
    );
  });

  test('close one position, and all of them with a halt', async () => {
    const daemon = world.start('one');
    const { exchange } = await daemon.untilState('running');
    await daemon.stop();
    const stores = await world.stores();
    for (const symbol of ['BTC/USDT', 'ETH/USDT']) {
      await stores.positions.insert(
        buildPosition({
          ...{ uid: `p-${symbol.slice(0, 3)}`, venue: exchange.venue ?? '', symbol },
          ...{ sizeBase: new Money('0.01'), stopPrice: undefined, holdUntil: undefined },
          openedAt: world.clock.marketMs(),
        }),
      );
    }
    const next = world.start('two');
    await next.untilState('running');
    const closing = next.post('/api/positions/p-BTC/close', { author: 'me' });
    const closed = await world.until('the answer', () => settled(closing));
    expect(closedPosition.parse(await closed.json())).toEqual({
      uid: 'p-BTC',
      sold: true,
      unsold: null,
    });
    // The venue has no price of the other one.
    const halting = next.post('/api/trading/halt', { reason: 'out', close_all: true });
    const halted = await world.until('the answer', () => settled(halting));
    expect(tradingHalt.parse(await halted.json())).toMatchObject({
      halted: true,
      unsold: [{ uid: 'p-ETH', reason: 'its sale waits for a quote of the venue' }],
    });
  });
});

/** What it resolved to, or undefined while it has not. */
async function settled<T>(promise: Promise<T>): Promise<T | undefined> {
  return Promise.race([
    promise,
    new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined))),
  ]);
}
