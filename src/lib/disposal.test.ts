import { describe, expect, it } from 'vitest';
import { DisposalStack } from './disposal.js';
import type { Logger } from './logger.js';

function recordingLogger(lines: string[]): Logger {
  const record = (message: string): void => {
    lines.push(message);
  };
  const logger: Logger = {
    debug: record,
    info: record,
    warn: record,
    error: record,
    child: () => logger,
  };
  return logger;
}

describe('DisposalStack', () => {
  it('stops in reverse, also past one that fails, and only once', async () => {
    const stopped: string[] = [];
    const lines: string[] = [];
    const stack = new DisposalStack(recordingLogger(lines));
    stack.use('database', { stop: () => void stopped.push('database') });
    stack.use('trainer', { stop: () => Promise.reject(new Error('stuck')) });
    stack.defer('api', async () => void stopped.push('api'));
    await stack.stop();
    await stack.stop();
    expect(stopped).toEqual(['api', 'database']);
    expect(lines).toEqual(['trainer did not stop cleanly']);
  });
});
