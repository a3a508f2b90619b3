import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { trainerCommand } from '../../src/training/trainer-process/python-command.js';
import { PYTHON, TRAINER_DIR } from './real-trainer.js';

export type Answer = Readonly<Record<string, unknown>>;

/** The Python process itself, without the client, to say to it what the client never would. */
export class RawTrainer {
  readonly process: ChildProcessWithoutNullStreams;
  private readonly lines: AsyncIterator<string>;

  constructor() {
    const [program = '', ...parameters] = trainerCommand(PYTHON);
    this.process = spawn(program, parameters, { cwd: TRAINER_DIR });
    this.process.stderr.resume();
    this.lines = createInterface(this.process.stdout)[Symbol.asyncIterator]();
  }

  send(line: string): void {
    this.process.stdin.write(line);
  }

  async next(): Promise<Answer> {
    const line = await this.lines.next();
    if (line.done === true) throw new Error('the trainer ended');
    return JSON.parse(line.value) as Answer;
  }

  /** The next answer that is no progress. */
  async nextAnswer(): Promise<Answer> {
    for (;;) {
      const answer = await this.next();
      if (answer['event'] !== 'progress') return answer;
    }
  }

  /** Closes stdin and resolves with the exit code. */
  async end(): Promise<number | null> {
    const exited = once(this.process, 'exit');
    this.process.stdin.end();
    return ((await exited) as [number | null])[0];
  }
}
