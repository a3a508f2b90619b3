const FILE_PREFIX = 'csv:';

/** Venue of what was imported from files under that name. */
export function fileVenue(name: string): string {
  return `${FILE_PREFIX}${name}`;
}

/** Stands for all that was imported from files, whatever its name. */
export const ALL_FILES = FILE_PREFIX;

/** Whether the venue's prices come from files: a sequence of their own, without a market behind it. */
export function isFileVenue(venue: string): boolean {
  return venue.startsWith(FILE_PREFIX);
}
