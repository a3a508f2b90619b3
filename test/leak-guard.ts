import { afterAll } from 'vitest';
import { watchTransactions } from '../src/storage/database/open-transactions.js';
import { endFile } from './file-end.js';

watchTransactions();

/** Resources that the test runner itself keeps open. */
const ALLOWED = new Set(['PipeWrap', 'TTYWrap', 'MessagePort', 'FSReqCallback', 'FSReqPromise']);
/** Ten seconds: what a lost server interrupted may pause for seconds before its last try. */
const SETTLE_ROUNDS = 200;
const SETTLE_ROUND_MS = 50;

const atStart = countOpen();

/** A test file that leaves timers, sockets, servers or child processes behind fails. */
afterAll(async () => {
  await endFile();
  for (let round = 0; round < SETTLE_ROUNDS && leaked().length > 0; round++) {
    await new Promise((resolve) => setTimeout(resolve, SETTLE_ROUND_MS));
  }
  const left = leaked();
  if (left.length > 0) throw new Error(`Left open after the tests: ${left.join(', ')}`);
});

function countOpen(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (!ALLOWED.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

function leaked(): string[] {
  return [...countOpen()].flatMap(([kind, count]) => {
    const extra = count - (atStart.get(kind) ?? 0) - (kind === 'Timeout' ? 1 : 0);
    return extra > 0 ? [`${extra} × ${kind}`] : [];
  });
}
