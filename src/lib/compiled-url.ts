/**
 * Address of the compiled file beside the caller, for worker threads and child processes: they start
 * from JavaScript also when the caller itself is run from its TypeScript source, as in tests.
 *
 * @param callerUrl the caller's `import.meta.url`
 * @param relativePath path from the caller to the compiled file, ending in `.js`
 */
export function compiledUrl(callerUrl: string, relativePath: string): URL {
  const url = new URL(relativePath, callerUrl);
  if (!callerUrl.endsWith('.ts')) return url;
  const root = new URL('../../', import.meta.url).href;
  return new URL(url.href.replace(root, `${root}dist/`));
}
