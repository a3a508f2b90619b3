/** A bounded memo of a pure function: the least recently used entry leaves first. */
export class LruCache<K, V> {
  private readonly entries = new Map<K, V>();
  /** The entry used last: bars are asked for one after the other, mostly in the same block. */
  private newest: { readonly key: K; readonly value: V } | undefined;

  constructor(private readonly capacity: number) {}

  /** The remembered value, or `compute`'s, which is then remembered. */
  get(key: K, compute: () => V): V {
    if (this.newest?.key === key) return this.newest.value;
    const found = this.entries.get(key);
    const value = found ?? compute();
    if (found !== undefined) this.entries.delete(key);
    this.entries.set(key, value);
    this.newest = { key, value };
    this.evict();
    return value;
  }

  private evict(): void {
    if (this.entries.size <= this.capacity) return;
    for (const oldest of this.entries.keys()) {
      this.entries.delete(oldest);
      return;
    }
  }
}
