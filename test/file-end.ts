/** What a helper keeps for all tests of a file. Files share a process, and with it the modules of helpers. */
const kept = new Set<() => Promise<void>>();

/** Called once, when the tests of the file are over. */
export function atFileEnd(work: () => Promise<void>): void {
  kept.add(work);
}

export async function endFile(): Promise<void> {
  const all = [...kept];
  kept.clear();
  await Promise.all(all.map((work) => work()));
}
