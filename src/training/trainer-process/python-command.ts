import path from 'node:path';

export interface PythonSettings {
  /** The setting `PYTHON`. */
  readonly python: string | undefined;
  readonly projectDir: string;
}

/** The interpreter that trains: the one that is set, else the project's own. Not checked to exist. */
export function findPython(settings: PythonSettings): string {
  return settings.python ?? path.join(settings.projectDir, '.venv', 'bin', 'python');
}

/** Folder of the Python package, in which the trainer is started. */
export function trainerDir(projectDir: string): string {
  return path.join(projectDir, 'trainer');
}

/** Interpreter and arguments that serve jobs. */
export function trainerCommand(python: string): readonly string[] {
  return [python, '-u', '-m', 'evenkeel_trainer'];
}

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
