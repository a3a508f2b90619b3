import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../lib/manual-clock.js';
import { EventHub, MAX_EVENT_CLIENTS, type EventClient } from './event-hub.js';

class Listener implements EventClient {
  readonly heard: string[] = [];
  hasEnded = false;

  send(text: string): void {
    this.heard.push(text);
  }

  end(): void {
    this.hasEnded = true;
  }

  names(): readonly string[] {
    return this.heard.map((text) => /^event: (.*)$/m.exec(text)?.[1] ?? '');
  }

  lastId(): string {
    return /^id: (.*)$/m.exec(this.heard.at(-1) ?? '')?.[1] ?? '';
  }
}

let clock: ManualClock;
let hub: EventHub;

beforeEach(() => {
  clock = new ManualClock(1_720_000_000_000);
  hub = new EventHub({ clock, runUid: 'RUN' });
});

describe('a listener', () => {
  it('hears what is published from then on, each with an id and its data on one line', () => {
    const listener = new Listener();
    hub.publish('signal', { uid: 'before' });
    const leave = hub.join(listener);
    hub.publish('decision', { reason: 'two\nlines' });
    expect(listener.heard).toEqual([
      'id: RUN-2\nevent: decision\ndata: {"reason":"two\\nlines"}\n\n',
    ]);
    leave();
    hub.publish('fill', {});
    expect(listener.heard).toHaveLength(1);
    expect(hub.clients).toBe(0);
  });

  it('goes on after the event that it names', () => {
    const first = new Listener();
    const leave = hub.join(first);
    hub.publish('signal', { n: 1 });
    leave();
    hub.publish('signal', { n: 2 });
    hub.publish('signal', { n: 3 });
    const second = new Listener();
    const end = hub.join(second, first.lastId());
    expect(second.heard.map((text) => /"n":(\d)/.exec(text)?.[1])).toEqual(['2', '3']);
    end();
  });

  it.each(['OTHER-3', 'nonsense', '-', 'RUN-x'])(
    'that names an unknown event (%s) gets `missed`',
    (id) => {
      hub.publish('signal', {});
      const listener = new Listener();
      hub.join(listener, id)();
      expect(listener.names()).toEqual(['missed']);
    },
  );

  it('that was away too long gets `missed`: the number of kept events is bounded', () => {
    for (let n = 0; n < 2000; n++) hub.publish('job.progress', { n });
    const late = new Listener();
    hub.join(late, 'RUN-1')();
    expect(late.names()).toEqual(['missed']);
    const justInTime = new Listener();
    hub.join(justInTime, 'RUN-1500')();
    expect(justInTime.heard).toHaveLength(500);
  });

  it('hears a heartbeat while nothing happens', async () => {
    const listener = new Listener();
    const leave = hub.join(listener);
    await clock.advance(31_000);
    expect(listener.names()).toEqual(['heartbeat', 'heartbeat']);
    leave();
    await clock.advance(60_000);
    expect(listener.heard).toHaveLength(2);
  });

  it('that joins as the last one leaves has a heartbeat too', async () => {
    hub.join(new Listener())();
    const listener = new Listener();
    const leave = hub.join(listener);
    await clock.advance(16_000);
    expect(listener.names()).toEqual(['heartbeat']);
    leave();
  });
});

describe('the hub', () => {
  it('takes so many listeners and no more, until one leaves', () => {
    const leaves = Array.from({ length: MAX_EVENT_CLIENTS }, () => hub.join(new Listener()));
    expect(hub.mayJoin).toBe(false);
    leaves[0]?.();
    leaves[0]?.();
    expect(hub.clients).toBe(MAX_EVENT_CLIENTS - 1);
    expect(hub.mayJoin).toBe(true);
    for (const leave of leaves) leave();
  });

  it('sends everyone away when it stops, and takes nobody after', () => {
    const listener = new Listener();
    hub.join(listener);
    hub.stop();
    hub.stop();
    hub.publish('signal', {});
    expect(listener.names()).toEqual(['stopping']);
    expect(listener.hasEnded).toBe(true);
    expect(hub.clients).toBe(0);
    expect(hub.mayJoin).toBe(false);
  });
});
