import type { OwnMariadb } from '../database-loss/own-mariadb.js';

/** One trade that goes through an outage with others. */
export interface OutageParty {
  /** At its point: comes back once the server was killed. */
  meet(): Promise<void>;
  /** It has seen enough of the outage, or has none: comes back once the server is there again. */
  end(): Promise<void>;
  readonly hasMet: boolean;
}

/**
 * Kills a database server once every trade that takes part is at its point or beyond it, and starts it once all
 * have seen enough: one kill serves many cases.
 */
export class SharedOutage {
  readonly #server: OwnMariadb;
  readonly #parties: number;
  readonly #killed = new Gate();
  readonly #back = new Gate();
  #met = 0;
  #settled = 0;
  #ended = 0;

  constructor(server: OwnMariadb, parties: number) {
    this.#server = server;
    this.#parties = parties;
  }

  join(): OutageParty {
    let hasMet = false;
    const meet = async (): Promise<void> => {
      hasMet = true;
      this.#met += 1;
      await this.#settle();
    };
    const end = async (): Promise<void> => {
      if (!hasMet) await this.#settle();
      this.#ended += 1;
      if (this.#ended === this.#parties) await this.#start();
      await this.#back.opened;
    };
    return {
      meet,
      end,
      get hasMet() {
        return hasMet;
      },
    };
  }

  async #settle(): Promise<void> {
    this.#settled += 1;
    if (this.#settled === this.#parties) {
      if (this.#met > 0) await this.#server.kill();
      this.#killed.open();
    }
    await this.#killed.opened;
  }

  async #start(): Promise<void> {
    if (this.#met > 0) await this.#server.start();
    this.#back.open();
  }
}

/** Closed until it is opened. */
class Gate {
  open: () => void = () => undefined;
  readonly opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });
}
