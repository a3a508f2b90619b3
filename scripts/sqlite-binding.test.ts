import { expect, test } from 'vitest';
import { findBindingDefect, readSqliteBinding } from './sqlite-binding.js';

test('a SQLite binding with the call that aborts the process is found, and the installed one is sound', () => {
  const sound = readSqliteBinding();
  expect(findBindingDefect(sound)).toBeUndefined();
  // Compiled with the headers of Node 24.19 the table of imported names has this one.
  const name = Buffer.from('\0_ZN4node28RemoveEnvironmentCleanupHookEPN2v87IsolateEPFvPvES3_\0');
  expect(findBindingDefect(Buffer.concat([sound, name]))?.fix).toContain('Node 22');
});
