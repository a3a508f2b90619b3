import { ref, type Ref } from 'vue';
import { CallError, messageOf } from '../api/client';
import { useLive } from '../stores/live';
import { useNotices } from '../stores/notices';

export interface Action<A extends unknown[]> {
  readonly isBusy: Ref<boolean>;
  readonly error: Ref<string | undefined>;
  /** What of the call was refused, where the daemon names it. */
  readonly field: Ref<string | undefined>;
  /** @returns whether it was done */
  readonly run: (...given: A) => Promise<boolean>;
}

/** Something that a person does: says what came of it, and has all that is shown read again. */
export function useAction<A extends unknown[]>(
  act: (...given: A) => Promise<string | undefined>,
): Action<A> {
  const [live, notices] = [useLive(), useNotices()];
  const isBusy = ref(false);
  const error = ref<string>();
  const field = ref<string>();

  async function run(...given: A): Promise<boolean> {
    if (isBusy.value) return false;
    isBusy.value = true;
    error.value = undefined;
    field.value = undefined;
    try {
      const message = await act(...given);
      if (message !== undefined) notices.say(message);
      return true;
    } catch (reason) {
      error.value = messageOf(reason);
      field.value = reason instanceof CallError ? (reason.field ?? undefined) : undefined;
      notices.say(error.value, 'bad');
      return false;
    } finally {
      isBusy.value = false;
      await live.refresh();
    }
  }

  return { isBusy, error, field, run };
}
