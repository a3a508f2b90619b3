const NAMES = ['PATH', 'LANG', 'HOME', 'LD_LIBRARY_PATH'] as const;

/** What Python needs to be found and to print, out of a whole environment; no key or password of it. */
export function trainerEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    NAMES.flatMap((name) => {
      const value = environment[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
