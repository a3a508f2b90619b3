import { escapeHtml } from './escape-html.js';

export interface HtmlPage {
  readonly title: string;
  readonly css: string;
  /** What stands between the tags of the body. */
  readonly body: string;
}

/** A whole document in one file, with nothing from the network. */
export function htmlPage({ title, css, body }: HtmlPage): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${css}</style>
</head>
<body>
${body}
</body>
</html>
`;
}
