/** A bounded memo of a pure function: the least recently used entry leaves first. */
export class LruCache<K, V> {
  readonly #entries = new Map<K, V>();
  /** The entry used last: bars are asked for one after the other, mostly in the same block. */
  #newest: { readonly key: K; readonly value: V } | undefined;

  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** The remembered value, or `compute`'s, which is then remembered. */
  get(key: K, compute: () => V): V {
    if (this.#newest?.key === key) return this.#newest.value;
    const found = this.#entries.get(key);
    const value = found ?? compute();
    if (found !== undefined) this.#entries.delete(key);
    this.#entries.set(key, value);
    this.#newest = { key, value };
    this.#evict();
    return value;
  }

  #evict(): void {
    if (this.#entries.size <= this.#capacity) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }
}
