/**
 * How long work still takes, by the pace since it was first heard of: what an earlier run had done costs this one
 * nothing and says nothing of its pace.
 */
export class RemainingTime {
  #first: { readonly share: number; readonly at: number } | undefined;

  /**
   * @param share that is done, 0 to 1
   * @param nowMs wall time
   * @returns milliseconds; undefined until something was done since the first call, and once all is
   */
  leftAt(share: number, nowMs: number): number | undefined {
    this.#first ??= { share, at: nowMs };
    const { share: from, at } = this.#first;
    const isKnown = share > from && share < 1 && nowMs > at;
    return isKnown ? ((nowMs - at) / (share - from)) * (1 - share) : undefined;
  }
}
