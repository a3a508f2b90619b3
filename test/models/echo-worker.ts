/** Answers with what it is asked, dies or falls silent on request: for tests of the channel. */
import { parentPort } from 'node:worker_threads';

export type EchoRequest =
  | { readonly kind: 'echo'; readonly text: string }
  | { readonly kind: 'throw' | 'exit' | 'hang' | 'silence' | 'fill_memory' };

parentPort?.on('message', ({ id, request }: { id: number; request: EchoRequest }) => {
  switch (request.kind) {
    case 'echo':
      parentPort?.postMessage({ id, answer: request.text });
      return;
    case 'throw':
      throw new Error('the worker broke');
    case 'exit':
      // Ends this thread only.
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
