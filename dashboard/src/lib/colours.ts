/** A colour of the design by its name, for what is drawn and not styled. */
export function colourOf(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** The same, let through in part. @param opacity two hexadecimal digits */
export function paleColourOf(name: string, opacity: string): string {
  return `${colourOf(name)}${opacity}`;
}
