import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import { call, type Answer } from '../api/client';
import { countChanges } from '../lib/changes';
import { openEventStream } from '../lib/event-stream';
import { tellsItself, TOPICS, topicsBetween, topicsOf, type Topic } from '../lib/topics';

type Listener = (name: string, data: Readonly<Record<string, unknown>>) => void;

const POLL_MS = 5000;
/** Everything is asked for that often, should anything have changed of which nobody told. */
const WHOLE_MS = 30_000;
const LONGEST_RETRY_SEC = 30;
/**
 * What the whole dashboard follows: the state of the daemon and its events. Events tell that something is
 * new; what is shown is asked for, so a lost event costs half a minute and nothing else. Where no events
 * come, everything is asked for with each status. A page that nobody sees asks for nothing.
 */
export const useLive = defineStore('live', () => {
  const status = shallowRef<Answer<'GET /api/status'>>();
  const health = shallowRef<Answer<'GET /api/health'>>();
  /** Seconds until the daemon is asked again; undefined while it answers. */
  const retryInSec = ref<number>();
  const isStreaming = ref(false);
  const changes = countChanges();
  const listeners = new Set<Listener>();
  let closeStream: (() => void) | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ticker: ReturnType<typeof setInterval> | undefined;
  let failures = 0;
  let polls = 0;
  let isWanted = false;
  /** When everything was asked for last. */
  let wholeAt = performance.now();

  const isConnected = computed(() => retryInSec.value === undefined);
  const isRunning = (): boolean => isWanted && document.visibilityState === 'visible';

  /** Asks for everything that is shown. */
  async function refresh(): Promise<void> {
    wholeAt = -Infinity;
    await poll();
  }

  async function poll(): Promise<void> {
    clearTimeout(timer);
    clearInterval(ticker);
    const own = ++polls;
    try {
      const before = status.value;
      [status.value, health.value] = await Promise.all([
        call('GET /api/status', {}),
        call('GET /api/health', {}),
      ]);
      const wasAway = failures > 0;
      failures = 0;
      retryInSec.value = undefined;
      // What is shown first is read by itself, and everything once the page is seen again.
      if (before !== undefined && isRunning())
        change(wasAway ? TOPICS : dueTopics(before, status.value));
      if (closeStream === undefined && isRunning()) listen();
    } catch {
      failures += 1;
      hangUp();
    }
    if (own !== polls || !isRunning()) return;
    if (failures === 0) timer = setTimeout(() => void poll(), POLL_MS);
    else waitForDaemon();
  }

  function dueTopics(
    before: NonNullable<typeof status.value>,
    now: typeof before,
  ): readonly Topic[] {
    const isTold = isStreaming.value && tellsItself(now);
    const isWholeDue = performance.now() - wholeAt >= WHOLE_MS;
    return isTold && !isWholeDue ? topicsBetween(before, now) : TOPICS;
  }

  function change(topics: readonly Topic[]): void {
    if (topics === TOPICS) wholeAt = performance.now();
    changes.add(topics);
  }

  function waitForDaemon(): void {
    retryInSec.value = Math.min(2 ** Math.min(failures, 5), LONGEST_RETRY_SEC);
    ticker = setInterval(() => {
      retryInSec.value = Math.max(0, (retryInSec.value ?? 1) - 1);
      if (retryInSec.value === 0) void poll();
    }, 1000);
  }

  function listen(): void {
    closeStream = openEventStream({
      onOpen: () => {
        isStreaming.value = true;
        // What happened since it was read, and before this stream began, no event tells of.
        wholeAt = -Infinity;
      },
      onLost: () => (isStreaming.value = false),
      // The poll opens another one.
      onClosed: () => (closeStream = undefined),
      onStopping: () => void poll(),
      onEvent: (name, data) => {
        for (const listener of listeners) listener(name, data);
        changes.addSoon(topicsOf(name));
      },
    });
  }

  function hangUp(): void {
    closeStream?.();
    closeStream = undefined;
    isStreaming.value = false;
  }

  function rest(): void {
    clearTimeout(timer);
    clearInterval(ticker);
    changes.forget();
    hangUp();
  }

  function start(): void {
    if (isWanted) return;
    isWanted = true;
    void poll();
  }

  function stop(): void {
    isWanted = false;
    retryInSec.value = undefined;
    rest();
  }

  document.addEventListener('visibilitychange', () => {
    if (isRunning()) void refresh();
    else rest();
  });

  /** @returns what ends it */
  function onEvent(listener: Listener): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  return {
    ...{ status, health, retryInSec, isStreaming, isConnected },
    changes: changes.counts,
    ...{ refresh, start, stop, onEvent },
  };
});
