/** Asked anew each time: it changes while one waits, which the compiler does not see of the property. */
export function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
