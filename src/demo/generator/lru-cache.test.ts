import { describe, expect, it } from 'vitest';
import { LruCache } from './lru-cache.js';

describe('LruCache', () => {
  it('computes once and forgets what was not used for longest', () => {
    const computed: string[] = [];
    const cache = new LruCache<string, string>(2);
    const get = (key: string): string =>
      cache.get(key, () => {
        computed.push(key);
        return key.toUpperCase();
      });
    expect([get('a'), get('b'), get('a'), get('c'), get('a'), get('b')]).toEqual([
      ...['A', 'B', 'A', 'C', 'A', 'B'],
    ]);
    expect(computed).toEqual(['a', 'b', 'c', 'b']);
  });
});
