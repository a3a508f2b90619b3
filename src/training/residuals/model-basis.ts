import type { BaseModel } from '../../domain/base-model.js';

/** What a model is fitted on: the base model of its session, or nothing, and why. */
export type ModelBasis =
  | { readonly status: 'residual'; readonly baseModel: BaseModel }
  | { readonly status: 'plain'; readonly reason: string };
