/** Throws what `translate` makes of a driver's error; what better-sqlite3 throws at once becomes a rejection. */
export async function translating<T>(
  work: () => T | PromiseLike<T>,
  translate: (error: unknown) => unknown,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translate(error);
  }
}
