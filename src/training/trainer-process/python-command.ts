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
