import { expect, test } from 'vitest';
import type { StoredRecord } from '../context/api-context.js';
import { ReportedModels } from './reported-models.js';

const AUC = { estimate: 0.6, lower: 0.5, upper: 0.7 };

function recordOf(uid: string, stage: string): StoredRecord {
  const config = { aucInterval: AUC, importance: ['large'] };
  return { uid, stage, config } as unknown as StoredRecord;
}

/** Models as a database has them, with their versions. */
function storeOf(...uids: string[]) {
  const rows = new Map(
    uids.map((uid) => [uid, { rowVersion: 1, record: recordOf(uid, 'serving') }]),
  );
  const reads: string[][] = [];
  const models = {
    listReportedVersions: async () =>
      [...rows].map(([uid, { rowVersion }]) => ({ uid, rowVersion })),
    findMany: async (wanted: readonly string[]) => {
      if (wanted.length > 0) reads.push([...wanted]);
      return wanted.flatMap((uid) => rows.get(uid)?.record ?? []);
    },
  };
  const reported = new ReportedModels({ stores: { models } });
  return { rows, reads, list: () => reported.list('v') };
}

test('the report reads a record once, and again when it has changed', async () => {
  const { rows, reads, list } = storeOf('A', 'B');
  expect((await list()).map(({ uid }) => uid)).toEqual(['A', 'B']);
  await list();
  rows.set('B', { rowVersion: 2, record: recordOf('B', 'superseded') });
  expect((await list()).map(({ stage }) => stage)).toEqual(['serving', 'superseded']);
  expect(reads).toEqual([['A', 'B'], ['B']]);
});

test('the report forgets what is not reported any more, and keeps no more of a record than it shows', async () => {
  const { rows, reads, list } = storeOf('A', 'B');
  const [first] = await list();
  expect(first?.config).toEqual({ aucInterval: AUC });
  const gone = rows.get('B');
  rows.delete('B');
  expect((await list()).map(({ uid }) => uid)).toEqual(['A']);
  if (gone !== undefined) rows.set('B', gone);
  await list();
  expect(reads).toEqual([['A', 'B'], ['B']]);
});

test('a record that was deleted between the two questions is left out', async () => {
  const models = {
    listReportedVersions: async () => [{ uid: 'A', rowVersion: 1 }],
    findMany: async () => [],
  };
  const reported = new ReportedModels({ stores: { models } });
  expect(await reported.list('v')).toEqual([]);
});
