import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { notFound } from '../http/answer-errors.js';
import type { Server } from '../http/new-server.js';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
};

const PAGE_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

/** The files of the page; nothing else is ever read. */
const FILES = new Set(['page.css', 'page.mjs', 'chart.mjs']);

/** The page and its files, without a token: they hold nothing but the way to ask for the rest. */
export function pageRoutes(server: Server, projectDir: string): void {
  const folder = path.join(projectDir, 'dashboard');
  const send = async (file: string): Promise<{ type: string; body: Buffer }> => ({
    type: TYPES[path.extname(file)] ?? 'application/octet-stream',
    body: await readFile(file),
  });
  server.get('/', { schema: { hide: true } }, async (_, reply) => {
    const { type, body } = await send(path.join(folder, 'index.html'));
    return reply.type(type).header('content-security-policy', PAGE_POLICY).send(body);
  });
  server.get('/page/lightweight-charts.mjs', { schema: { hide: true } }, async (_, reply) => {
    const { type, body } = await send(chartLibrary());
    return reply.type(type).header('cache-control', 'max-age=3600').send(body);
  });
  server.get<{ Params: { file: string } }>(
    '/page/:file',
    { schema: { hide: true } },
    async (request, reply) => {
      const { file } = request.params;
      if (!FILES.has(file)) throw notFound(`The page has no file "${file}"`);
      const { type, body } = await send(path.join(folder, file));
      return reply.type(type).send(body);
    },
  );
}

function chartLibrary(): string {
  // The package has no entry for `require`, but lets its manifest be found.
  const manifest = createRequire(import.meta.url).resolve('lightweight-charts/package.json');
  return path.join(path.dirname(manifest), 'dist', 'lightweight-charts.standalone.production.mjs');
}
