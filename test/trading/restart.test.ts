import { afterEach, expect, it } from 'vitest';
import { clientOrderId } from '../../src/domain/client-order-id.js';
import type { SignalContext } from '../../src/trading/signal-context.js';
import type { TradingService } from '../../src/trading/service/trading-service.js';
import { Money } from '../../src/domain/money.js';
import type { Signal } from '../../src/domain/signal.js';
import { forEachEngine } from '../database.js';
import { HOUR } from './build-trading.js';
import { AnswerLosingStores, KillableStores, KilledError } from './killable-stores.js';
import { TradingWorld } from './trading-world.js';

const CONTEXT: SignalContext = { horizonBars: 4 };
/** Hundreds of lives, on a machine that may be busy. */
const TIMEOUT_MS = 240_000;
const NEVER = Number.MAX_SAFE_INTEGER;

type Event =
  | { readonly kind: 'quote'; readonly bid: number }
  | { readonly kind: 'signal'; readonly prediction: Signal['prediction'] }
  | { readonly kind: 'bar' };

const bar: Event = { kind: 'bar' };

function signal(prediction: Signal['prediction']): Event {
  return { kind: 'signal', prediction };
}

function quote(bid: number): Event {
  return { kind: 'quote', bid };
}

/** Bought and sold on signals; bought, held through a HOLD and a second BUY, and stopped. */
const STORY: readonly Event[] = [
  ...[quote(100), signal('BUY'), quote(101), bar],
  ...[quote(103), signal('SELL'), quote(102), bar],
  ...[quote(100), signal('BUY'), quote(100), bar],
  ...[quote(100), signal('HOLD'), quote(100), bar],
  ...[quote(100), signal('BUY'), quote(96), quote(96)],
];

/** What the daemon does: an event that a killed process did not finish goes to the next one. */
class Daemon {
  #trading: TradingService | undefined;
  #killable: KillableStores;
  starts = 0;

  readonly #world: TradingWorld;

  constructor(world: TradingWorld, killAt: number) {
    this.#world = world;
    this.#killable = new KillableStores(world.stores, killAt);
  }

  get calls(): number {
    return this.#killable.calls;
  }

  async play(events: readonly Event[]): Promise<void> {
    for (const event of events) {
      if (event.kind === 'bar') await this.#world.forward(HOUR);
      const subject = this.#world.signal(
        event.kind === 'signal' ? { prediction: event.prediction } : {},
      );
      await this.#deliver(event, subject);
    }
  }

  async #deliver(event: Event, subject: Signal): Promise<void> {
    try {
      await this.#process(event, subject);
      if (!this.#killable.isKilled) return;
    } catch (error) {
      if (!(error instanceof KilledError)) throw error;
    }
    this.#trading = undefined;
    this.#killable = new KillableStores(this.#world.stores, NEVER);
    await this.#process(event, subject);
  }

  async #process(event: Event, subject: Signal): Promise<void> {
    await this.#world.forward(3_600);
    if (this.#trading === undefined) this.starts += 1;
    this.#trading ??= await this.#world.start({ stores: this.#killable.stores });
    if (event.kind === 'quote') await this.#trading.onQuotes([await this.#world.quote(event.bid)]);
    if (event.kind === 'signal') await this.#trading.onSignal(subject, CONTEXT);
  }
}

/** The story as prices and sizes, without uids and times. */
async function readStory(world: TradingWorld): Promise<unknown> {
  const { decisions, positions, orders, fills } = await world.read();
  return {
    decisions: decisions.map(({ action, reason }) => `${action}: ${reason}`),
    positions: positions.map(
      (one) => `${one.status} ${one.exitReason} ${one.realizedPnl?.toString()}`,
    ),
    orders: orders.map((one) => `${one.side} ${one.status} ${one.sizeBase.toString()}`),
    fills: fills.map((one) => `${one.side} ${one.price.toString()} ${one.sizeBase.toString()}`),
    cash: (await world.cashByFills()).toString(),
  };
}

/** `expect.stringMatching` says `any` of itself. */
function matching(pattern: RegExp): unknown {
  return expect.stringMatching(pattern);
}

forEachEngine((engine) => {
  const worlds: TradingWorld[] = [];

  afterEach(async () => {
    for (const world of worlds.splice(0)) await world.stop().catch(() => undefined);
  });

  it(
    'ends with the same books at every kill point: one order for each decision, exact amounts',
    { timeout: TIMEOUT_MS },
    async () => {
      const { stores } = await engine.open();
      const play = async (killAt: number): Promise<{ world: TradingWorld; daemon: Daemon }> => {
        const world = new TradingWorld(stores, { venue: `killed at ${killAt}` });
        worlds.push(world);
        const daemon = new Daemon(world, killAt);
        await daemon.play(STORY);
        return { world, daemon };
      };

      const whole = await play(NEVER);
      const story = await readStory(whole.world);
      expect(story).toMatchObject({
        decisions: ['open: BUY', 'close: SELL', 'open: BUY', 'keep: HOLD', 'keep: already long'],
        orders: ['buy filled 9.999', 'sell filled 9.999', matching(/^buy/), matching(/^sell/)],
        positions: [matching(/^closed signal/), matching(/^closed stop_loss/)],
      });
      const steps = engine.name === 'sqlite' ? 1 : 11;
      expect(whole.daemon.calls).toBeGreaterThan(100);
      for (let killAt = 1; killAt <= whole.daemon.calls; killAt += steps) {
        const { world, daemon } = await play(killAt);
        expect(daemon.starts, `killed at call ${killAt}`).toBe(2);
        expect(await readStory(world), `killed at call ${killAt}`).toEqual(story);
        const { decisions, orders } = await world.read();
        const ids = orders.map((order) => order.clientOrderId);
        for (const decision of decisions.filter(({ action }) => /open|close/.test(action))) {
          expect(ids.filter((id) => id === clientOrderId(decision.uid))).toHaveLength(1);
        }
      }
    },
  );

  it('reads the books again when the answer to a commit was lost', async () => {
    const { stores } = await engine.open();
    const world = new TradingWorld(stores);
    worlds.push(world);
    const losing = new AnswerLosingStores(stores);
    const service = await world.start({ stores: losing.stores });
    await service.onQuotes([await world.quote(100)]);
    await world.forward(3_600);
    await service.onSignal(world.signal(), CONTEXT);
    await world.forward(3_600);
    losing.isLosing = true;
    await expect(service.onQuotes([await world.quote(100)])).rejects.toThrow('answer lost');
    losing.isLosing = false;
    expect((await world.read()).fills).toHaveLength(1);
    await service.onQuotes([]);
    expect(service.status().books?.cash).toEqual(await world.cashByFills());
    expect((await world.read()).fills).toHaveLength(1);
  });

  it('takes back what is under way without an order', async () => {
    const { stores } = await engine.open();
    const world = new TradingWorld(stores);
    worlds.push(world);
    const service = await world.start();
    await service.onQuotes([await world.quote(100)]);
    await world.forward(3_600);
    await service.onSignal(world.signal(), CONTEXT);
    const [order] = (await world.read()).orders;
    await stores.orders.settle(order?.uid ?? '', { status: 'rejected', settledAt: 1 });
    await service.stop();
    const next = await world.start();
    expect(await world.read()).toMatchObject({ positions: [{ status: 'abandoned' }] });
    expect(world.logger.lines.filter(({ level }) => level === 'error')).toMatchObject([
      { message: 'A position had no order under way', fields: { was: 'opening' } },
    ]);
    expect(next.status().books?.cash).toEqual(new Money(10_000));
  });
});
