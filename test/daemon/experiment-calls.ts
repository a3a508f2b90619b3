import { expect } from 'vitest';
import { z } from 'zod';
import { listAnswer } from '../../src/api/contract/common.js';
import { experimentDetail } from '../../src/api/contract/experiments.js';
import { shadowModel, type ShadowModelAnswer } from '../../src/api/contract/shadow-models.js';
import type { DaemonChild } from './daemon-child.js';

export const SHADOW = '/api/models/shadow';
/** Of whatever was made. */
export const idOnly = z.object({ id: z.string() });

export async function post<T>(
  daemon: DaemonChild,
  route: string,
  shape: z.ZodType<T>,
  body = {},
): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  const answer = await daemon.fetch(route, { method: 'POST', headers, body: JSON.stringify(body) });
  const text = await answer.text();
  expect(answer.ok, `${route}: ${text}`).toBe(true);
  return shape.parse(JSON.parse(text));
}

/** @param absent statuses of an answer that is not there yet; 503 while the daemon does not train yet */
export async function read<T>(
  daemon: DaemonChild,
  route: string,
  shape: z.ZodType<T>,
  absent: readonly number[] = [503],
): Promise<T | undefined> {
  const answer = await daemon.fetch(route);
  const text = await answer.text();
  if (absent.includes(answer.status)) return undefined;
  expect(answer.ok, `${route}: ${text}; ${daemon.output.slice(-2000)}`).toBe(true);
  return shape.parse(JSON.parse(text));
}

/** Resolves when all jobs of the experiment have ended well. */
export async function untilCompleted(
  daemon: DaemonChild,
  experiment: string,
  limitMs: number,
): Promise<void> {
  await daemon.until(
    async () => {
      const seen = await read(daemon, `/api/experiments/${experiment}`, experimentDetail);
      return seen?.status === 'completed' ? seen : undefined;
    },
    { what: 'the end of the experiment', limitMs },
  );
}

export async function findShadow(
  daemon: DaemonChild,
  id: string,
): Promise<ShadowModelAnswer | undefined> {
  const list = await read(daemon, SHADOW, listAnswer('shadows', shadowModel));
  return list?.shadows.find((one) => one.id === id);
}

/** The shadow model, once it and the serving model spoke of as many candles. */
export function untilCompared(
  daemon: DaemonChild,
  id: string,
  { candles, limitMs }: { readonly candles: number; readonly limitMs: number },
): Promise<ShadowModelAnswer> {
  return daemon.until(
    async () => {
      const seen = await findShadow(daemon, id);
      return (seen?.live?.compared ?? 0) >= candles ? seen : undefined;
    },
    { what: `${candles} candles on which both spoke`, limitMs },
  );
}
