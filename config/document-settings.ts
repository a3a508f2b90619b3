import { secretNames } from './secret-files.js';
import type { Setting } from './setting.js';
import { SETTING_GROUPS } from './settings.js';

/** The text of `docs/settings.md`. */
export function documentSettings(): string {
  const parts = Object.entries(SETTING_GROUPS).map(([title, group]) =>
    [`## ${title}`, '', ...tableOf(group), ''].join('\n'),
  );
  return [HEADER, ...parts].join('\n').trimEnd() + '\n';
}

const HEADER = `# Settings

Read at the start from the environment and, below it, from a \`.env\` file in the working directory. A
malformed or out-of-range value stops the start with exit code 78 and names the variable, what was read
and what is expected. Durations run by the venue's clock (*market*) or by this machine's (*wall*).

A secret may lie in a file instead: \`API_TOKEN_FILE=/run/secrets/token\` in place of \`API_TOKEN\`, and so for each one.
Credentials of systemd named \`evenkeel_API_TOKEN\` are read as well. One that is given twice, or whose file is empty, stops the start.
\`npm run config\` and \`GET /api/settings\` show what is in effect and where it comes from.
Secrets: ${secretNames()
  .map((name) => `\`${name}\``)
  .join(', ')}.

This page is generated from \`config/settings.ts\`: \`npm run docs\`.
`;

function tableOf(group: Readonly<Record<string, Setting<unknown>>>): string[] {
  const rows = Object.entries(group).map(([name, setting]) => {
    const cells = [
      `\`${name}\``,
      defaultText(setting),
      [setting.unit, setting.clock].filter((part) => part !== undefined).join(', '),
      setting.expected,
      setting.help,
    ];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return [
    '| variable | default | unit, clock | expected | meaning |',
    '|---|---|---|---|---|',
    ...rows,
  ];
}

function defaultText({ defaultValue }: Setting<unknown>): string {
  if (defaultValue === undefined) return '';
  if (Array.isArray(defaultValue)) {
    const isSplit = defaultValue.every((item) => typeof item === 'number');
    return defaultValue.length === 0 ? '' : `\`${defaultValue.join(isSplit ? '/' : ',')}\``;
  }
  return `\`${JSON.stringify(defaultValue).replaceAll('"', '')}\``;
}
