/** Our lines in somebody's crontab, between two markers. Everything else of it stays byte for byte. */

const BEGIN = '# BEGIN evenkeel (npm run cron:install)';
const END = '# END evenkeel';

/** The crontab without our lines, however often they are in it. */
export function withoutBlock(crontab: string): string {
  let text = crontab;
  for (let begin = findLine(text, BEGIN); begin !== -1; begin = findLine(text, BEGIN)) {
    const end = findLine(text.slice(begin), END);
    // A block that somebody cut off ends at its marker: what follows may be theirs.
    const length = end === -1 ? BEGIN.length + 1 : end + END.length + 1;
    text = text.slice(0, begin) + text.slice(begin + length);
  }
  return text;
}

/** @param lines whole lines, each with its end */
export function withBlock(crontab: string, lines: string): string {
  const rest = withoutBlock(crontab);
  const separator = rest === '' || rest.endsWith('\n') ? '' : '\n';
  return `${rest}${separator}${BEGIN}\n${lines}${END}\n`;
}

/** Where a whole line stands, or -1. */
function findLine(text: string, line: string): number {
  if (text.startsWith(`${line}\n`) || text === line) return 0;
  const at = text.indexOf(`\n${line}\n`);
  if (at !== -1) return at + 1;
  return text.endsWith(`\n${line}`) ? text.length - line.length : -1;
}
