/** The part of the package that the tests use; it has no types of its own. */
declare module 'smtp-server' {
  import type { Readable } from 'node:stream';
  import type { Server } from 'node:net';

  interface Session {
    readonly secure: boolean;
    readonly envelope: {
      readonly mailFrom: { readonly address: string } | false;
      readonly rcptTo: readonly { readonly address: string }[];
    };
  }
  type Done = (error?: Error | null) => void;

  interface Options {
    readonly authOptional?: boolean;
    readonly hideSTARTTLS?: boolean;
    readonly disabledCommands?: readonly string[];
    readonly logger?: boolean;
    onConnect?(session: Session, done: Done): void;
    onRcptTo?(address: { readonly address: string }, session: Session, done: Done): void;
    onData?(stream: Readable, session: Session, done: Done): void;
  }

  export class SMTPServer {
    constructor(options: Options);
    readonly server: Server;
    listen(port: number, host: string, done: () => void): void;
    close(done: () => void): void;
    on(event: 'error', listener: (error: Error) => void): void;
  }
}
