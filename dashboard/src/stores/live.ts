import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import { call, type Answer } from '../api/client';
import { openEventStream } from '../lib/event-stream';

type Listener = (name: string, data: Readonly<Record<string, unknown>>) => void;

const POLL_MS = 5000;
const LONGEST_RETRY_SEC = 30;

/**
 * What the whole dashboard follows: the state of the daemon and its events. Events tell that something is
 * new; what is shown is asked for, so a lost event costs five seconds and nothing else.
 */
export const useLive = defineStore('live', () => {
  const status = shallowRef<Answer<'GET /api/status'>>();
  const health = shallowRef<Answer<'GET /api/health'>>();
  /** Seconds until the daemon is asked again; undefined while it answers. */
  const retryInSec = ref<number>();
  const isStreaming = ref(false);
  /** Counts up whenever what is shown may be old. */
  const beat = ref(0);
  const listeners = new Set<Listener>();
  let closeStream: (() => void) | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ticker: ReturnType<typeof setInterval> | undefined;
  let failures = 0;
  let isRunning = false;
  let soon: ReturnType<typeof setTimeout> | undefined;

  const isConnected = computed(() => retryInSec.value === undefined);

  async function refresh(): Promise<void> {
    clearTimeout(timer);
    clearInterval(ticker);
    try {
      [status.value, health.value] = await Promise.all([
        call('GET /api/status', {}),
        call('GET /api/health', {}),
      ]);
      failures = 0;
      retryInSec.value = undefined;
      beat.value += 1;
      if (closeStream === undefined) listen();
    } catch {
      failures += 1;
      hangUp();
    }
    if (!isRunning) return;
    if (failures === 0) timer = setTimeout(() => void refresh(), POLL_MS);
    else waitForDaemon();
  }

  function waitForDaemon(): void {
    retryInSec.value = Math.min(2 ** Math.min(failures, 5), LONGEST_RETRY_SEC);
    ticker = setInterval(() => {
      retryInSec.value = Math.max(0, (retryInSec.value ?? 1) - 1);
      if (retryInSec.value === 0) void refresh();
    }, 1000);
  }

  function listen(): void {
    closeStream = openEventStream({
      onOpen: () => (isStreaming.value = true),
      onLost: () => (isStreaming.value = false),
      // The poll opens another one.
      onClosed: () => (closeStream = undefined),
      onStopping: () => void refresh(),
      onEvent: (name, data) => {
        for (const listener of listeners) listener(name, data);
        if (name !== 'job.progress') beatSoon();
      },
    });
  }

  /** Many events come at once, as at the close of a candle: they are one reason to ask. */
  function beatSoon(): void {
    soon ??= setTimeout(() => {
      soon = undefined;
      beat.value += 1;
    }, 400);
  }

  function hangUp(): void {
    closeStream?.();
    closeStream = undefined;
    isStreaming.value = false;
  }

  function start(): void {
    if (isRunning) return;
    isRunning = true;
    void refresh();
  }

  function stop(): void {
    isRunning = false;
    clearTimeout(timer);
    clearInterval(ticker);
    clearTimeout(soon);
    soon = undefined;
    retryInSec.value = undefined;
    hangUp();
  }

  /** @returns what ends it */
  function onEvent(listener: Listener): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  return {
    status,
    health,
    retryInSec,
    isStreaming,
    isConnected,
    beat,
    refresh,
    start,
    stop,
    onEvent,
  };
});
