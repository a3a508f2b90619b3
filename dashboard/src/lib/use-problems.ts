import { computed, type ComputedRef } from 'vue';
import type { Action } from './use-action';

export interface Problems {
  /** What the daemon says against a field of the form, known by any of the names. */
  readonly problemOf: (...names: readonly string[]) => string | undefined;
  /** What it says against none of them. */
  readonly ofTheWhole: ComputedRef<string | undefined>;
}

/**
 * Where a form shows why it was refused.
 * @param names under which the daemon refuses what the form's fields hold
 */
export function useProblems(
  { error, field }: Pick<Action<[]>, 'error' | 'field'>,
  names: () => readonly string[],
): Problems {
  return {
    problemOf: (...own) => (own.includes(field.value ?? '') ? error.value : undefined),
    ofTheWhole: computed(() => (names().includes(field.value ?? '') ? undefined : error.value)),
  };
}
