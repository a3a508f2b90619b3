/** Does one piece of work after another. */
export class Turns {
  readonly #urgent: (() => Promise<unknown>)[] = [];
  #last: Promise<unknown> = Promise.resolve();

  /** After all that was handed in before. Callers wait for their own work, so what queues up here is no more than they are. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#last.then(async () => {
      // What fails is told to who handed it in.
      for (const urgent of this.#urgent.splice(0)) await urgent().catch(() => undefined);
      return work();
    });
    this.#last = run.catch(() => undefined);
    return run;
  }

  /** Before whatever begins next, also before what has waited for longer. */
  takeNext<T>(work: () => Promise<T>): Promise<T> {
    let done: Promise<T> | undefined;
    const once = (): Promise<T> => (done ??= work());
    this.#urgent.push(once);
    return this.take(once);
  }

  /** Resolves when all that was handed in is done. */
  async settled(): Promise<void> {
    await this.#last;
  }
}
