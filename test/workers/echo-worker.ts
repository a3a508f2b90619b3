/** Answers with what it is asked, dies or falls silent on request: for tests of the channel. */
import { parentPort } from 'node:worker_threads';

export type EchoRequest =
  | { readonly kind: 'echo'; readonly text: string }
  | { readonly kind: 'describe' | 'throw' | 'exit' | 'hang' | 'silence' | 'fill_memory' };

/** What a worker says of itself. */
export interface EchoDescription {
  readonly pid: number;
  readonly variables: readonly string[];
}

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
    case 'describe': {
      const said: EchoDescription = { pid: process.pid, variables: Object.keys(process.env) };
      post({ id, answer: JSON.stringify(said) });
      return;
    }
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
