import { onScopeDispose, ref, watch, type Ref } from 'vue';
import { call, CallError, messageOf, type Answer } from '../api/client';
import { useLive } from '../stores/live';

export type LogLine = Answer<'GET /api/logs'>['lines'][number];
export interface LogWish {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly text?: string;
  readonly job?: string;
}

export interface LogLines {
  /** Newest first; undefined until they have been read. */
  readonly lines: Ref<readonly LogLine[] | undefined>;
  /** What came while it was paused, oldest first. */
  readonly held: Ref<readonly LogLine[]>;
  readonly isPaused: Ref<boolean>;
  /** Lines do not come as they are written: they are asked for. */
  readonly isPolled: Ref<boolean>;
  readonly error: Ref<string | undefined>;
  readonly read: () => Promise<void>;
  readonly pauseOrGoOn: () => void;
}

const KEPT = 500;
const POLL_MS = 5000;

/** The newest lines that fit, as they are written; where there is no stream of them, every few seconds. */
export function useLogLines(filter: Readonly<Ref<LogWish>>): LogLines {
  const live = useLive();
  const lines = ref<readonly LogLine[]>();
  const held = ref<readonly LogLine[]>([]);
  const isPaused = ref(false);
  const isPolled = ref(false);
  const error = ref<string>();
  let source: EventSource | undefined;
  let isStreaming = false;
  let reading = 0;
  let asking = 0;
  /** What is shown is of this filter. */
  let isWhole = false;

  /** Reads all anew. */
  async function read(): Promise<void> {
    hangUp();
    isWhole = false;
    await ask((found) => {
      isWhole = true;
      lines.value = found.toReversed();
      held.value = [];
      listen();
    });
  }

  /** Adds what was written and not told. */
  async function catchUp(): Promise<void> {
    await ask((found) => {
      take(found);
      if (source === undefined) listen();
    });
  }

  async function ask(use: (found: readonly LogLine[]) => void): Promise<void> {
    const own = ++reading;
    asking += 1;
    try {
      const answer = await call('GET /api/logs', { query: { ...filter.value, limit: KEPT } });
      if (own !== reading) return;
      error.value = undefined;
      use(answer.lines);
    } catch (reason) {
      if (own !== reading) return;
      // Without a daemon the whole page says so, and keeps what it shows.
      const isAway = reason instanceof CallError && reason.status === 0;
      error.value = isAway && lines.value !== undefined ? undefined : messageOf(reason);
    } finally {
      asking -= 1;
    }
  }

  function listen(): void {
    hangUp();
    const made = new EventSource(
      `/api/logs/stream?${new URLSearchParams({ ...filter.value }).toString()}`,
    );
    source = made;
    made.onopen = () => {
      isStreaming = true;
      isPolled.value = false;
      // What was written before this stream began, it does not tell.
      void catchUp();
    };
    made.onerror = () => {
      isStreaming = false;
      // The browser gave up: an answer that is no stream. The poll opens another one.
      if (made.readyState === EventSource.CLOSED && source === made) source = undefined;
    };
    made.addEventListener('stopping', hangUp);
    made.addEventListener('missed', () => void catchUp());
    made.addEventListener('log', ({ data }: MessageEvent<string>) =>
      take([JSON.parse(data) as LogLine]),
    );
  }

  function hangUp(): void {
    source?.close();
    source = undefined;
    isStreaming = false;
  }

  /** Each once and at its place: a line may be read after a newer one was told. */
  function take(found: readonly LogLine[]): void {
    const shown = lines.value ?? [];
    const known = new Set([...shown, ...held.value].map(keyOf));
    const others = found.filter((line) => !known.has(keyOf(line)));
    if (others.length === 0) return;
    if (isPaused.value) held.value = newestOf([...held.value, ...others]);
    else lines.value = newestOf([...shown, ...others]).toReversed();
  }

  function pauseOrGoOn(): void {
    isPaused.value = !isPaused.value;
    if (isPaused.value) return;
    lines.value = newestOf([...(lines.value ?? []), ...held.value]).toReversed();
    held.value = [];
  }

  function poll(): void {
    if (isStreaming || asking > 0 || document.visibilityState !== 'visible') return;
    isPolled.value = true;
    if (isWhole) void catchUp();
    else void read();
  }

  // Another life of the daemon counts its lines from 1.
  watch(
    () => live.status?.run_uid,
    (now, before) => {
      if (before !== undefined && now !== before) void read();
    },
  );
  const timer = setInterval(poll, POLL_MS);
  void read();
  onScopeDispose(() => {
    clearInterval(timer);
    reading += 1;
    hangUp();
  });
  return { lines, held, isPaused, isPolled, error, read, pauseOrGoOn };
}

/** Another life of the daemon counts its lines from 1. */
function keyOf({ id, time }: LogLine): string {
  return `${id} ${time}`;
}

/** As many as are kept, oldest first. */
function newestOf(lines: readonly LogLine[]): readonly LogLine[] {
  const inOrder = lines.toSorted(
    (one, other) => Date.parse(one.time) - Date.parse(other.time) || one.id - other.id,
  );
  return inOrder.slice(-KEPT);
}
