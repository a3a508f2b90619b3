import type { PooledModel } from '../../domain/pooled-model.js';

/** How a model stands to a pooled one. */
export type Pooling =
  | { readonly status: 'residual'; readonly pool: PooledModel }
  | { readonly status: 'plain'; readonly reason: string };
