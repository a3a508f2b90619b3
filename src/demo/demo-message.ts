import type { StartedDemo } from './demo-server.js';

/** Messages of the demo's process to its parent, one JSON object a line on stdout. */
export type DemoMessage =
  | ({ readonly event: 'listening' } & StartedDemo)
  /** It cannot run: a person must correct a setting or a file, or something else failed. */
  | { readonly event: 'failed'; readonly isConfigError: boolean; readonly message: string }
  /** A recording is played to its end: market time stands still from here on. */
  | { readonly event: 'ended'; readonly marketMs: number }
  | {
      readonly event: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly message: string;
      readonly fields: Readonly<Record<string, unknown>>;
    };

/** The message on the line, or undefined where the line is something else. */
export function findMessage(line: string): DemoMessage | undefined {
  try {
    const message = JSON.parse(line) as Partial<DemoMessage> | null;
    // Both ends of the pipe are this program: a line with an event has that event's shape.
    return typeof message?.event === 'string' ? (message as DemoMessage) : undefined;
  } catch {
    return undefined;
  }
}
