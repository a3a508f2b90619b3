import { defineStore } from 'pinia';
import { ref } from 'vue';
import { call } from '../api/client';

/** Whether this browser may ask. */
export const useSession = defineStore('session', () => {
  const isRequired = ref(false);
  const isOpen = ref<boolean>();

  function take(answer: { readonly is_required: boolean; readonly is_open: boolean }): void {
    isRequired.value = answer.is_required;
    isOpen.value = answer.is_open;
  }

  async function read(): Promise<void> {
    take(await call('GET /api/session', {}));
  }

  async function logIn(token: string): Promise<void> {
    take(await call('POST /api/session', { body: { token } }));
  }

  async function logOut(): Promise<void> {
    take(await call('DELETE /api/session', {}));
  }

  return { isRequired, isOpen, read, logIn, logOut };
});
