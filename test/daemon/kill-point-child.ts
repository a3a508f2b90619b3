/**
 * Loaded before `main.ts` into a daemon that a test kills (`node --import`): it wraps the methods of the
 * stores, so that the process ends with SIGKILL at the point that KILL_AT names, once SIGUSR2 has armed
 * it. The daemon's own code has no hook for this.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { isMainThread } from 'node:worker_threads';
import { Database } from '../../src/storage/database/database.js';
import { CandleStore } from '../../src/storage/stores/candle-store.js';
import { FillStore } from '../../src/storage/stores/fill-store.js';
import { ModelStore } from '../../src/storage/stores/model-store.js';
import { OrderStore } from '../../src/storage/stores/order-store.js';
import { SignalStore } from '../../src/storage/stores/signal-store.js';

/** Before the transaction commits that called the method, or after it did. */
type Moment = 'before commit' | 'after commit';

interface KillPoint {
  readonly method: string;
  readonly moment: Moment;
}

const POINTS: Readonly<Record<string, KillPoint>> = {
  'after-candles-stored': { method: 'candles.upsert', moment: 'after commit' },
  'before-signal-commit': { method: 'signals.insert', moment: 'before commit' },
  'after-signal-stored': { method: 'signals.insert', moment: 'after commit' },
  'before-intent-commit': { method: 'orders.insert', moment: 'before commit' },
  'after-intent-stored': { method: 'orders.insert', moment: 'after commit' },
  'before-fill-commit': { method: 'fills.insert', moment: 'before commit' },
  'after-fill-stored': { method: 'fills.insert', moment: 'after commit' },
  'before-promotion-commit': { method: 'models.promote', moment: 'before commit' },
  'after-promotion-stored': { method: 'models.promote', moment: 'after commit' },
};

type Method = (...args: unknown[]) => Promise<unknown>;

const name = process.env['KILL_AT'] ?? '';
/** Methods that the open transaction has called. */
const called = new AsyncLocalStorage<Set<string>>();
let isArmed = false;

// The processes and threads that a daemon starts inherit its options.
if (isMainThread && process.argv[1]?.endsWith('/main.js') === true) watch(POINTS[name]);

function watch(point: KillPoint | undefined): void {
  if (point === undefined) throw new Error(`KILL_AT=${name} is none of the points`);
  process.on('SIGUSR2', () => (isArmed = true));
  watchMethod(CandleStore.prototype, 'upsert', 'candles.upsert', point);
  watchMethod(SignalStore.prototype, 'insert', 'signals.insert', point);
  watchMethod(OrderStore.prototype, 'insert', 'orders.insert', point);
  watchMethod(FillStore.prototype, 'insert', 'fills.insert', point);
  watchMethod(ModelStore.prototype, 'promote', 'models.promote', point);
  watchTransactions(point);
}

/** A call outside of a transaction is one by itself: its end is its commit. */
function watchMethod(prototype: object, property: string, method: string, point: KillPoint): void {
  wrap(prototype, property, async (original) => {
    const open = called.getStore();
    open?.add(method);
    const answer = await original();
    if (open === undefined) reach(point, new Set([method]), 'after commit');
    return answer;
  });
}

function watchTransactions(point: KillPoint): void {
  wrap(Database.prototype, 'transaction', async (original, [work]) => {
    // One inside another joins it.
    if (called.getStore() !== undefined) return original();
    const methods = new Set<string>();
    const answer = await called.run(methods, () =>
      original(async (tx: unknown) => {
        const result = await (work as Method)(tx);
        reach(point, methods, 'before commit');
        return result;
      }),
    );
    reach(point, methods, 'after commit');
    return answer;
  });
}

/** Replaces a method; `original` runs it with the same arguments, or with other ones. */
function wrap(
  prototype: object,
  property: string,
  around: (original: Method, args: readonly unknown[]) => Promise<unknown>,
): void {
  const method = Reflect.get(prototype, property) as Method;
  Reflect.set(prototype, property, function (this: unknown, ...args: unknown[]) {
    const original: Method = (...others) =>
      Reflect.apply(method, this, others.length === 0 ? args : others);
    return around(original, args);
  });
}

function reach(point: KillPoint, methods: ReadonlySet<string>, moment: Moment): void {
  if (isArmed && point.moment === moment && methods.has(point.method)) {
    process.kill(process.pid, 'SIGKILL');
  }
}
