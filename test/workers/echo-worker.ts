/** Answers with what it is asked, dies or falls silent on request: for tests of the channel. */
import { parentPort } from 'node:worker_threads';

export type EchoRequest =
  | { readonly kind: 'echo'; readonly text: string }
  | { readonly kind: 'throw' | 'exit' | 'hang' | 'silence' | 'fill_memory' };

function post(message: { readonly id: number; readonly answer: string }): void {
  if (parentPort === null) process.send?.(message);
  else parentPort.postMessage(message);
}

if (parentPort === null) process.once('disconnect', () => process.exit());
(parentPort ?? process).on('message', ({ id, request }: { id: number; request: EchoRequest }) => {
  switch (request.kind) {
    case 'echo':
      post({ id, answer: request.text });
      return;
    case 'throw':
      throw new Error('the worker broke');
    case 'exit':
      // Of a thread it ends the thread only.
      process.exit(7);
      return;
    case 'hang':
      for (;;);
    case 'fill_memory': {
      const kept: number[][] = [];
      for (;;) kept.push(new Array<number>(10_000).fill(kept.length + 0.5));
    }
    case 'silence':
      return;
  }
});
