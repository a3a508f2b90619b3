import { constants, setPriority } from 'node:os';

/**
 * Makes this process a worker of the one that started it: answers one question after the other, gives
 * way to everybody who needs a core, and ends when the other is gone.
 */
export function serveParent(answer: (request: unknown) => Promise<unknown>): void {
  setPriority(constants.priority.PRIORITY_LOW);
  // eslint-disable-next-line no-restricted-syntax -- called by a process's own entry
  process.once('disconnect', () => process.exit());
  let lastTask: Promise<unknown> = Promise.resolve();
  process.on('message', ({ id, request }: { id: number; request: unknown }) => {
    lastTask = lastTask.then(async () => process.send?.({ id, answer: await answer(request) }));
  });
}
