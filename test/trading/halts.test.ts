import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { LEASE_TTL_MS } from '../../src/coordination/lease-keeper.js';
import { Money } from '../../src/domain/money.js';
import type { Stores } from '../../src/storage/stores.js';
import type { TradingService } from '../../src/trading/service/trading-service.js';
import type { TradingRules } from '../../src/trading/trading-rules.js';
import { forEachEngine } from '../database.js';
import { HOUR } from './build-trading.js';
import { DEFAULT_LIMITS, NO_LIMITS } from './risk-limits.js';
import { TradingWorld } from './trading-world.js';

const CONTEXT = { horizonBars: 4 };
const DAY = 24 * HOUR;

// Risk: a halt that is forgotten, that lets a purchase through, or that keeps an exit from happening.
forEachEngine((engine) => {
  let world: TradingWorld;
  let stores: Stores;

  async function begin(rules: Partial<TradingRules> = {}): Promise<TradingService> {
    ({ stores } = await engine.open());
    world = new TradingWorld(stores, { risk: NO_LIMITS, maxHoldBars: 0, ...rules });
    return world.start();
  }

  async function quote(service: TradingService, bid: number, symbol?: string): Promise<void> {
    await world.forward(3_600);
    await service.onQuotes([await world.quote(bid, symbol)]);
  }

  async function buy(service: TradingService, symbol = 'BTC/USDT'): Promise<void> {
    await quote(service, 100, symbol);
    await service.onSignal(world.signal({ symbol }), CONTEXT);
    await quote(service, 100, symbol);
  }

  /** The reason why a BUY is not acted on; `open` where it is. */
  async function answerTo(service: TradingService, symbol = 'ETH/USDT'): Promise<string> {
    await quote(service, 50, symbol);
    const answer = await service.onSignal(world.signal({ symbol }), CONTEXT);
    if (answer.status !== 'decided') return answer.state;
    const { action, reason } = answer.decision;
    return action === 'open' ? action : reason;
  }

  const order = { reason: 'the venue is ill', author: 'a person', isCloseAll: false };
  const frozen = 'entries frozen: halted: the venue is ill';

  afterEach(() => world.stop());

  describe('a halt by a person', () => {
    it('keeps entries away and lets exits go on', async () => {
      const service = await begin();
      await buy(service);
      await service.control.halt(order);
      expect(await answerTo(service)).toBe(frozen);
      await quote(service, 90);
      expect((await world.read()).positions).toMatchObject([{ exitReason: 'stop_loss' }]);
      expect(service.status().halt).toMatchObject({ cause: 'person', author: 'a person' });
    });

    it('refuses a purchase that is decided and not filled yet', async () => {
      const service = await begin();
      await quote(service, 100);
      await service.onSignal(world.signal(), CONTEXT);
      await service.control.halt(order);
      await quote(service, 100);
      const { orders, positions, fills } = await world.read();
      expect(orders).toMatchObject([{ status: 'rejected', reason: frozen }]);
      expect(positions).toMatchObject([{ status: 'abandoned' }]);
      expect(fills).toEqual([]);
    });

    it('survives a restart with its reason and author, until a person resumes', async () => {
      const service = await begin();
      await service.control.halt(order);
      await service.stop();
      const restarted = await world.start();
      expect(restarted.status().halt).toMatchObject({ reason: order.reason, author: 'a person' });
      expect(await answerTo(restarted)).toBe(frozen);
      expect(await restarted.control.resume('another')).toBeUndefined();
      await world.forward(HOUR);
      expect(await answerTo(restarted)).toBe('open');
    });

    it('sells everything if asked, and what is held without a price is named', async () => {
      const service = await begin();
      await buy(service);
      await buy(service, 'ETH/USDT');
      await service.control.halt({ ...order, isCloseAll: true });
      await quote(service, 101);
      expect(service.unsold()).toMatchObject([
        { symbol: 'ETH/USDT', reason: 'its sale waits for a quote of the venue' },
      ]);
      await quote(service, 99, 'ETH/USDT');
      const { positions } = await world.read();
      expect(positions.map(({ status, exitReason }) => [status, exitReason])).toEqual([
        ['closed', 'halt'],
        ['closed', 'halt'],
      ]);
      expect(service.unsold()).toEqual([]);
    });

    it('sells everything after a restart, where the process ended before it could', async () => {
      const service = await begin();
      await buy(service);
      await service.stop();
      const { venue, account } = world.rules;
      await stores.halts.insert({
        ...{ uid: 'h1', venue, account, cause: 'person', reason: 'panic', author: 'command' },
        ...{ haltedAt: world.clock.marketMs(), until: undefined, isCloseAll: true },
        ...{ resumedAt: undefined, resumedBy: undefined },
      });
      const restarted = await world.start();
      await world.forward(HOUR);
      await expect.poll(async () => (await world.read()).positions[0]?.status).toBe('closing');
      await quote(restarted, 102);
      expect((await world.read()).positions).toMatchObject([{ exitReason: 'halt' }]);
    });
  });

  describe('two processes', () => {
    it('a halt on the one that stands by counts from its commit on for the one that trades', async () => {
      const first = await begin();
      const second = await world.start({ holder: 'second' });
      await second.control.halt(order);
      expect(await answerTo(first)).toBe(frozen);
      await second.control.resume('a person');
      await world.forward(HOUR);
      await expect.poll(() => first.status().halt).toBeUndefined();
      expect(await answerTo(first)).toBe('open');
    });

    it('the one that takes over keeps the halt of the one before', async () => {
      const first = await begin();
      const second = await world.start({ holder: 'second' });
      await first.control.halt(order);
      await first.stop();
      await world.clock.advance(LEASE_TTL_MS / 3);
      await expect.poll(() => second.status().state).toBe('active');
      expect(await answerTo(second)).toBe(frozen);
    });
  });

  describe('the halt file', () => {
    let folder: string;
    let file: string;

    async function beginWithFile(): Promise<TradingService> {
      ({ stores } = await engine.open());
      folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-halt-'));
      file = path.join(folder, 'halt.txt');
      world = new TradingWorld(stores, { risk: NO_LIMITS, maxHoldBars: 0 });
      return world.start({ haltFile: file });
    }
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    it('freezes entries while it exists, whatever is in it', async () => {
      const service = await beginWithFile();
      writeFileSync(file, 'back at noon');
      expect(await answerTo(service)).toBe(`entries frozen: halted: the file ${file} exists`);
      expect(await service.control.resume('a person')).toMatchObject({ cause: 'file' });
      rmSync(file);
      await world.forward(HOUR);
      await expect.poll(() => service.status().halt).toBeUndefined();
      expect(await answerTo(service)).toBe('open');
    });

    it('with `close all` in it everything is sold', async () => {
      const service = await beginWithFile();
      await buy(service);
      writeFileSync(file, 'Close all\n');
      await world.forward(HOUR);
      await expect.poll(async () => (await world.read()).positions[0]?.status).toBe('closing');
      await quote(service, 100);
      expect((await world.read()).positions).toMatchObject([
        { status: 'closed', exitReason: 'halt' },
      ]);
    });
  });

  it.each(['before', 'after'] as const)(
    'a fault that is raised while a person resumes holds: %s the end of the earlier one is stored',
    async (when) => {
      const service = await begin();
      await service.control.haltByFault('the first fault');
      const store = stores.halts.resume.bind(stores.halts);
      const raise = async (): Promise<void> => {
        await world.forward(3_600);
        await service.control.haltByFault('the second fault');
      };
      stores.halts.resume = async (...asked) => {
        if (when === 'before') await raise();
        const ended = await store(...asked);
        if (when === 'after') await raise();
        return ended;
      };
      const second = { cause: 'fault', reason: 'the second fault' };
      expect(await service.control.resume('a person')).toMatchObject(second);
      await service.stop();
      const restarted = await world.start();
      expect(restarted.status().halt).toMatchObject(second);
      stores.halts.resume = store;
      expect(await restarted.control.resume('a person')).toBeUndefined();
    },
  );

  it('a person closes one position, once, and no other', async () => {
    const service = await begin();
    await buy(service);
    await buy(service, 'ETH/USDT');
    const uid = (await world.read()).positions[0]?.uid ?? '';
    expect(await service.control.closePosition('nope', 'me')).toMatchObject({ status: 'missing' });
    expect(await service.control.closePosition(uid, 'me')).toMatchObject({ status: 'done' });
    await quote(service, 101);
    expect(await service.control.closePosition(uid, 'me')).toMatchObject({ status: 'refused' });
    expect((await world.read()).positions).toMatchObject([
      { symbol: 'BTC/USDT', status: 'closed', exitReason: 'manual' },
      { symbol: 'ETH/USDT', status: 'open' },
    ]);
  });

  describe('losses', () => {
    const everything = { ...NO_LIMITS, positionFraction: new Money('0.9') };

    it('a drawdown halts until a person resumes, also over a restart, and counts from there', async () => {
      const service = await begin({ stopLossPct: 0, risk: { ...everything, maxDrawdownPct: 15 } });
      await buy(service);
      await quote(service, 84);
      expect(service.status().halt).toBeUndefined();
      await quote(service, 80);
      expect(service.status().halt).toMatchObject({ cause: 'drawdown', until: undefined });
      await service.stop();
      const restarted = await world.start();
      expect(await answerTo(restarted)).toMatch(
        /^entries frozen: halted: drawdown of 1\d\.\d\d %: MAX/,
      );
      await restarted.control.resume('a person');
      await quote(restarted, 79);
      expect(restarted.status().halt).toBeUndefined();
      await restarted.stop();
      const again = await world.start();
      await quote(again, 78);
      expect(again.status().halt).toBeUndefined();
      await quote(again, 60);
      expect(again.status().halt).toMatchObject({ cause: 'drawdown' });
    });

    it('prices that come while a person resumes do not halt again by the loss of before', async () => {
      const service = await begin({ stopLossPct: 0, risk: { ...everything, maxDrawdownPct: 15 } });
      await buy(service);
      await quote(service, 80);
      expect(service.status().halt).toMatchObject({ cause: 'drawdown' });
      await world.forward(3_600);
      const newest = await world.quote(79);
      const prices = Array.from({ length: 6 }, () => service.onQuotes([newest]));
      const left = await service.control.resume('a person');
      await Promise.all(prices);
      expect(left).toBeUndefined();
      expect(service.status().halt).toBeUndefined();
      await quote(service, 60);
      expect(service.status().halt).toMatchObject({ cause: 'drawdown' });
    });

    it('the loss of a day pauses entries until the next UTC day, also over a restart', async () => {
      const service = await begin({ stopLossPct: 0, risk: { ...everything, dailyLossPct: 3 } });
      await buy(service);
      await quote(service, 95);
      const midnight = (Math.floor(world.clock.marketMs() / DAY) + 1) * DAY;
      expect(service.status().halt).toMatchObject({ cause: 'daily_loss', until: midnight });
      await service.stop();
      const restarted = await world.start();
      await quote(restarted, 100);
      expect(await answerTo(restarted)).toMatch(
        /^entries frozen: paused until .* DAILY_LOSS_PCT=3$/,
      );
      await world.forward(midnight - world.clock.marketMs() + HOUR);
      expect(restarted.status().halt).toBeUndefined();
      expect(await answerTo(restarted)).toBe('open');
    });
  });

  it('a restart remembers stops, and keeps the level of a trailing stop', async () => {
    const rules = { trailingStopPct: 2, stopLossPct: 0, risk: DEFAULT_LIMITS };
    const service = await begin(rules);
    await buy(service);
    await quote(service, 110);
    await service.stop();
    const restarted = await world.start();
    await quote(restarted, 108);
    const [held] = (await world.read()).positions;
    expect(held).toMatchObject({ status: 'open', trailingPrice: new Money('107.8') });
    await quote(restarted, 107);
    expect((await world.read()).positions).toMatchObject([{ exitReason: 'trailing' }]);
    await restarted.stop();
    const again = await world.start();
    await world.forward(HOUR);
    expect(await answerTo(again, 'BTC/USDT')).toBe(
      'BTC/USDT was stopped out within 2 bars: STOP_COOLDOWN_BARS',
    );
    expect(await answerTo(again)).toBe('open');
  });
});
