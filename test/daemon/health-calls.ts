import { expect } from 'vitest';
import type { z } from 'zod';
import { health, status } from '../../src/api/contract/status.js';
import type { ModelRecord } from '../../src/domain/model-record.js';
import type { Stores } from '../../src/storage/stores.js';
import { buildModelRecord, writeModelFolder } from '../models/model-folder.js';
import type { IllVenue } from './ill-venue.js';

export type Health = z.output<typeof health>;

export async function readHealthOf(address: string): Promise<Health> {
  return health.parse(await (await fetch(`${address}/api/health`)).json());
}

export async function readStatusOf(address: string): Promise<z.output<typeof status>> {
  return status.parse(await (await fetch(`${address}/api/status`)).json());
}

export async function postTo(address: string, route: string, body: object = {}): Promise<void> {
  const answer = await fetch(`${address}${route}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(answer.ok, `${route}: ${await answer.text()}`).toBe(true);
}

export type Served = Partial<ModelRecord> & {
  readonly featureRanges?: readonly [number, number][];
};

interface Serving {
  readonly modelsDir: string;
  readonly venue: IllVenue;
  readonly stores: Stores;
}

/** Writes a model and makes it the one that serves. @returns its folder */
export async function serveModel(
  uid: string,
  { modelsDir, venue, stores }: Serving,
  { featureRanges, ...changes }: Served = {},
): Promise<string> {
  const written = await writeModelFolder({
    modelsDir,
    modelPath: uid,
    ...(featureRanges && { featureRanges }),
  });
  const record = buildModelRecord({
    modelPath: written.modelPath,
    manifestSha256: written.manifestSha256,
    venue: venue.name,
    uid,
    jobUid: `job-${uid}`,
    stage: 'candidate',
    trainedAt: venue.nowMs(),
    ...changes,
  });
  await stores.models.insert(record);
  await stores.models.promote(uid);
  return written.folder;
}
