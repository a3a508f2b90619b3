import type { CDPSession, Page } from 'playwright-core';
import type { Figure } from './harness/benchmark.js';
import { percentile } from './harness/statistics.js';

/** What a page did meanwhile; times in milliseconds. */
export interface Frames {
  /** Between frames. */
  readonly times: readonly number[];
  /** Processor time of the longest task of the page's thread: it does not depend on what else the machine does. */
  readonly longestTaskMs: number;
}

/** The frames of a page while something is done to it. */
export async function framesDuring(page: Page, work: () => Promise<void>): Promise<Frames> {
  const stopTasks = await traceTasks(page);
  await page.evaluate(`(() => {
    const frames = [];
    let last;
    const look = (now) => {
      if (last !== undefined) frames.push(now - last);
      last = now;
      window.benchFrame = requestAnimationFrame(look);
    };
    window.benchFrames = frames;
    window.benchFrame = requestAnimationFrame(look);
  })()`);
  await work();
  const times = await page.evaluate<number[]>(
    '(() => { cancelAnimationFrame(window.benchFrame); return window.benchFrames; })()',
  );
  return { times, longestTaskMs: await stopTasks() };
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** Processor time, in microseconds. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** @returns what ends it, and gives the processor time of the longest task in milliseconds */
async function traceTasks(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => {
    events.push(...(value as unknown as TraceEvent[]));
  });
  const includedCategories = ['disabled-by-default-devtools.timeline', '__metadata'];
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories, excludedCategories: ['*'] },
  });
  return async () => {
    await endTracing(session);
    const longest = longestTask(events);
    await session.detach();
    return longest;
  };
}

async function endTracing(session: CDPSession): Promise<void> {
  const isComplete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
  await session.send('Tracing.end');
  await isComplete;
}

function longestTask(events: readonly TraceEvent[]): number {
  const place = ({ pid, tid }: TraceEvent): string => `${pid} ${tid}`;
  const pages = new Set(
    events
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(place),
  );
  const tasks = events.filter((event) => event.name === 'RunTask' && pages.has(place(event)));
  if (tasks.length === 0) throw new Error('The browser told of no task of the page');
  return tasks.reduce((longest, { tdur = 0 }) => Math.max(longest, tdur), 0) / 1000;
}

/** @param most what no frame may take, in milliseconds */
export function frameFigures(name: string, frames: Frames, most: number): Figure[] {
  const { times, longestTaskMs } = frames;
  return [
    {
      name: `${name}, longest of ${times.length} frames`,
      value: percentile(times, 1),
      unit: 'ms',
      bar: { atMost: most },
    },
    { name: `${name}, frames at p99`, value: percentile(times, 0.99), unit: 'ms' },
    { name: `${name}, processor of the longest task`, value: longestTaskMs, unit: 'ms' },
  ];
}
