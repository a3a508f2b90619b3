const EVENT_NAMES = [
  ...['job.queued', 'job.started', 'job.progress', 'job.finished', 'session.progress'],
  ...['model.promoted', 'model.rejected', 'model.failed', 'signal', 'decision', 'fill', 'missed'],
];

export interface StreamHandlers {
  readonly onOpen: () => void;
  readonly onLost: () => void;
  /** The browser gave up: an answer that is no stream. */
  readonly onClosed: () => void;
  readonly onEvent: (name: string, data: Readonly<Record<string, unknown>>) => void;
  /** The daemon says that it stops. */
  readonly onStopping: () => void;
}

/** Listens to what happens in the daemon. @returns what ends it */
export function openEventStream(handlers: StreamHandlers): () => void {
  const source = new EventSource('/api/events');
  source.onopen = handlers.onOpen;
  source.onerror = () => {
    handlers.onLost();
    if (source.readyState === EventSource.CLOSED) handlers.onClosed();
  };
  for (const name of EVENT_NAMES) {
    source.addEventListener(name, (event: MessageEvent<string>) => {
      handlers.onEvent(name, JSON.parse(event.data) as Record<string, unknown>);
    });
  }
  source.addEventListener('stopping', handlers.onStopping);
  return () => source.close();
}
