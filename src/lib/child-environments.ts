/**
 * What child processes get of this one's environment: no key and no password. The C library's limits are
 * for Node alone, because they slow down the many large arrays of a fit.
 */
const VARIABLES = {
  /** What Python needs to be found and to print. */
  trainer: ['PATH', 'LANG', 'HOME', 'LD_LIBRARY_PATH'],
  worker: ['LD_LIBRARY_PATH', 'MALLOC_ARENA_MAX', 'MALLOC_MMAP_THRESHOLD_'],
} as const;

type Environment = Readonly<Record<string, string>>;

/** The whole environment of each kind of child process. */
export type ChildEnvironments = Readonly<Record<keyof typeof VARIABLES, Environment>>;

export function childEnvironments(
  environment: Readonly<Record<string, string | undefined>>,
): ChildEnvironments {
  return {
    trainer: pick(environment, VARIABLES.trainer),
    worker: pick(environment, VARIABLES.worker),
  };
}

function pick(
  environment: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
): Environment {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = environment[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
