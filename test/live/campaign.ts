import type { FaultEffect, FaultRule } from '../../src/demo/binance/faults.js';
import type { TradingService } from '../../src/trading/service/trading-service.js';
import type { TradingStores } from '../../src/trading/trading-stores.js';
import { audit } from './audit.js';
import { KillableProcess, type KillPoint } from './killable-venue.js';
import { ORDER_PATH, untilAnswered, type LiveWorld } from './live-world.js';
import type { OutageParty } from './shared-outage.js';

/** Where in the life of a trade something goes wrong. */
export const POINTS = [
  'purchase',
  'stop',
  'cancelling the stop',
  'sale',
  'asking for an order',
  'asking for fills',
  'reading the account',
] as const;

export const FAULTS = [
  'hang',
  'reset',
  '502',
  '429',
  'HTML',
  'duplicate',
  'late fill',
  'partial fill',
  'kill',
] as const;

/** Each second is looked at for so long, then every fifth: pauses between questions have grown by then. */
const CLOSELY_SEC = 10;
const LATER_STEP_SEC = 5;

export interface Case {
  readonly point: (typeof POINTS)[number];
  readonly fault: (typeof FAULTS)[number];
  readonly seed: number;
}

const REQUESTS: Readonly<Record<Case['point'], Omit<FaultRule, 'effect'>>> = {
  purchase: { path: ORDER_PATH, method: 'POST' },
  stop: { path: ORDER_PATH, method: 'POST', skip: 1 },
  'cancelling the stop': { path: ORDER_PATH, method: 'DELETE' },
  sale: { path: ORDER_PATH, method: 'POST', skip: 2 },
  'asking for an order': { path: ORDER_PATH, method: 'GET' },
  'asking for fills': { path: '/api/v3/myTrades', method: 'GET' },
  'reading the account': { path: '/api/v3/account', method: 'GET' },
};

const KILLS: Readonly<Record<Case['point'], Pick<KillPoint, 'method' | 'skip'>>> = {
  purchase: { method: 'submit', skip: 0 },
  stop: { method: 'submit', skip: 1 },
  'cancelling the stop': { method: 'cancel', skip: 0 },
  sale: { method: 'submit', skip: 2 },
  'asking for an order': { method: 'lookUp', skip: 0 },
  'asking for fills': { method: 'fillsOf', skip: 0 },
  'reading the account': { method: 'balances', skip: 0 },
};

export interface Outcome {
  /** What does not hold afterwards. */
  readonly found: readonly string[];
  /** Whether the fault was met: else the case shows nothing. */
  readonly isMet: boolean;
}

/** One trade with one fault in it, in a world that may have seen others. */
export class Campaign {
  readonly #world: LiveWorld;
  readonly #outage: OutageParty | undefined;
  readonly #random: () => number;
  #process: KillableProcess | undefined;
  #service: TradingService | undefined;
  #wasKilled = false;
  /** Simulated seconds for which the database stays away once it was killed. */
  #outageSec: number;
  #hasEndedOutage = false;

  /** @param outage where the database is killed at the same point */
  constructor(world: LiveWorld, seed: number, outage?: OutageParty) {
    this.#world = world;
    this.#outage = outage;
    this.#random = randomOf(seed);
    this.#outageSec = outage === undefined ? 0 : Math.floor(this.#random() * 30);
  }

  async run({ point, fault }: Case): Promise<Outcome> {
    const world = this.#world;
    const isAfter = this.#random() < 0.6;
    const kill = this.#killAt({ point, fault }, isAfter);
    const effect = this.#effectOf(fault);
    // The account is read at the start.
    if (point !== 'reading the account') await this.#start(kill);
    if (effect !== undefined) {
      const count = 1 + Math.floor(this.#random() * 3);
      const isOfOrder = fault === 'late fill' || fault === 'partial fill';
      world.fault({ ...REQUESTS[point], count, after: isAfter && !isOfOrder, effect });
    }
    if (point === 'reading the account') await this.#start(kill);
    await this.#trade();
    await this.#endOutage();
    const isFaultMet =
      this.#wasKilled || world.demo.faults.status().some(({ met: times }) => times > 0);
    world.demo.faults.clear();
    await this.#finish();
    const isMet = isFaultMet && (this.#outage?.hasMet ?? true);
    return { found: await audit(world), isMet };
  }

  #killAt(
    { point, fault }: Pick<Case, 'point' | 'fault'>,
    isAfter: boolean,
  ): KillPoint | undefined {
    const isKill = fault === 'kill';
    const outage = this.#outage;
    if (!isKill && outage === undefined) return undefined;
    // Of the purchase, or of what sells it.
    const later = point === 'asking for fills' && outage === undefined && this.#random() < 0.5;
    const skip = KILLS[point].skip + (later ? 1 : 0);
    const meanwhile = outage && ((): Promise<void> => outage.meet());
    return { method: KILLS[point].method, skip, isAfter, isKill, meanwhile };
  }

  async #trade(): Promise<void> {
    const world = this.#world;
    await this.#try((service) => world.quote(service));
    await this.#try((service) => world.signal(service, 'BUY'));
    await this.#pass(3 + Math.floor(this.#random() * 40));
    const way = this.#random();
    // A sale by signal needs a later candle.
    if (way < 0.4) await this.#pass(60);
    await this.#try((service) => world.quote(service));
    if (way < 0.4) await this.#try((service) => world.signal(service, 'SELL'));
    else if (way < 0.6) await this.#closeAll();
    else await this.#closeOne();
    await this.#pass(5 + Math.floor(this.#random() * 40));
  }

  async #closeAll(): Promise<void> {
    await this.#try(async (service) => {
      const order = { reason: 'campaign', author: 'test', isCloseAll: true };
      await service.control.halt(order);
    });
  }

  async #closeOne(): Promise<void> {
    await this.#try(async (service) => {
      const open = (await this.#world.positions()).find(({ status }) => status === 'open');
      if (open !== undefined) await service.control.closePosition(open.uid, 'test');
    });
  }

  /** Without faults, until nothing is under way and nothing is held. */
  async #finish(): Promise<void> {
    const world = this.#world;
    for (let round = 0; round < 30; round++) {
      await this.#try((service) => world.quote(service));
      await this.#pass(10);
      if (await this.#isQuiet()) break;
      await this.#closeOne();
    }
    // A connection of before the outage may be met only now.
    for (let round = 0; round < 3; round++) {
      await this.#try((service) => service.control.resume('test'));
    }
    await this.#service?.stop();
    if (this.#service !== undefined) world.drop(this.#service);
    // The next trade is one of a later candle.
    await world.clock.jump(3_600_000);
  }

  async #isQuiet(): Promise<boolean> {
    const positions = await this.#world.positions();
    const orders = await this.#world.orders();
    const isMoving = orders.some(({ status }) => status === 'intended' || status === 'sent');
    const isHeld = positions.some(({ status }) => status !== 'closed' && status !== 'abandoned');
    return !isMoving && !isHeld;
  }

  async #start(kill: KillPoint | undefined): Promise<void> {
    const stores = this.#world.stores as TradingStores;
    this.#process = new KillableProcess(stores, this.#world.venue, kill);
    const { venue } = this.#process;
    try {
      this.#service = await this.#world.start({ stores: this.#process.stores, venue });
    } catch (error) {
      // Without its database a daemon ends, and is started again until it is there.
      if (!this.#process.isKilled && this.#outage?.hasMet !== true) throw error;
    }
    if (this.#process.isKilled) await this.#restart();
  }

  async #restart(): Promise<void> {
    this.#wasKilled = true;
    const dead = this.#service;
    this.#service = undefined;
    if (dead !== undefined) {
      this.#world.drop(dead);
      await dead.stop().catch(() => undefined);
    }
    await this.#start(undefined);
  }

  /** What a process does until it is killed; then another one goes on. */
  async #try(work: (service: TradingService) => Promise<unknown>): Promise<void> {
    if (this.#service === undefined) await this.#start(undefined);
    if (this.#service === undefined) return;
    try {
      await work(this.#service);
    } catch {
      // Its errors are its own affair: what counts is what books and exchange say afterwards.
    }
    if (this.#process?.isKilled === true) await this.#restart();
  }

  async #pass(seconds: number): Promise<void> {
    for (let passed = 0; passed < seconds;) {
      const step = passed < CLOSELY_SEC ? 1 : LATER_STEP_SEC;
      passed += step;
      await this.#world.clock.jump(step * 1_000);
      await this.#try(async (service) => service.onQuotes([]));
      await untilAnswered(this.#service);
      if (this.#outage?.hasMet !== true) continue;
      this.#outageSec -= step;
      if (this.#outageSec < 0) await this.#endOutage();
    }
  }

  async #endOutage(): Promise<void> {
    if (this.#hasEndedOutage) return;
    this.#hasEndedOutage = true;
    await this.#outage?.end();
  }

  #effectOf(fault: Case['fault']): FaultEffect | undefined {
    switch (fault) {
      case 'hang':
      case 'reset':
        return { kind: fault };
      case '502':
        return { kind: 'html', status: 502 };
      case '429':
        return { kind: 'too-many-requests', retryAfterSec: 1 };
      case 'HTML':
        return { kind: 'html', status: 200 };
      case 'duplicate':
        return { kind: 'refusal', status: 400, code: -2010, message: 'Duplicate order sent.' };
      case 'late fill':
        return { kind: 'order-late', delayMs: 1_000 + Math.floor(this.#random() * 30_000) };
      case 'partial fill':
        return { kind: 'order-partial', share: this.#random() * 0.9 };
      case 'kill':
        return undefined;
    }
  }
}

/** Mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
