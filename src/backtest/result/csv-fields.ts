/** As RFC 4180 has it, where a field needs it. */
export function quoted(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
