import { defineStore } from 'pinia';
import { ref } from 'vue';

export interface Notice {
  readonly id: number;
  readonly text: string;
  readonly tone: 'ok' | 'bad';
}

const SHOWN_MS = 6000;

/** What came of what a person did: shown and read out for some seconds. */
export const useNotices = defineStore('notices', () => {
  const shown = ref<Notice[]>([]);
  let last = 0;

  function say(text: string, tone: Notice['tone'] = 'ok'): void {
    const id = ++last;
    shown.value = [...shown.value.slice(-2), { id, text, tone }];
    setTimeout(() => dismiss(id), tone === 'bad' ? 2 * SHOWN_MS : SHOWN_MS);
  }

  function dismiss(id: number): void {
    shown.value = shown.value.filter((one) => one.id !== id);
  }

  return { shown, say, dismiss };
});
