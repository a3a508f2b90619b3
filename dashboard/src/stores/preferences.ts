import { defineStore } from 'pinia';
import { ref, watch } from 'vue';

export type Theme = 'system' | 'dark' | 'light';
const KEY = 'evenkeel.theme';
const dark = matchMedia('(prefers-color-scheme: dark)');

function storedTheme(): Theme {
  const text = localStorage.getItem(KEY);
  return text === 'dark' || text === 'light' ? text : 'system';
}

/** Sets the colours of the document by the choice that is stored, else by the system. */
export function applyTheme(): void {
  const theme = storedTheme();
  const isDark = theme === 'system' ? dark.matches : theme === 'dark';
  document.documentElement.dataset['theme'] = isDark ? 'dark' : 'light';
}

/** What a person chose for this browser. */
export const usePreferences = defineStore('preferences', () => {
  const theme = ref<Theme>(storedTheme());
  /** Counts changes of the colours, for what is drawn and not styled. */
  const paint = ref(0);
  const apply = (): void => {
    applyTheme();
    paint.value += 1;
  };
  watch(theme, (chosen) => {
    if (chosen === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, chosen);
    apply();
  });
  dark.addEventListener('change', apply);
  return { theme, paint };
});
