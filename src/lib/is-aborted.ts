/** Reads the flag again. After one check the compiler takes `signal.aborted` for constant, also across an await. */
export function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
