import path from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DASHBOARD_FILES, DASHBOARD_PAGES } from '../http/dashboard-paths.js';
import { notFound } from '../http/answer-errors.js';
import { readIfThere } from '../../lib/read-if-there.js';
import type { Server } from '../http/new-server.js';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Everything comes from the daemon itself, and nothing that is written into a page is run. */
const PAGE_POLICY = [
  ...["default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'"],
  ...["connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
].join('; ');

/** A name that the build gives: no folder, no leading point. */
const FILE_NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/;

const NOT_BUILT = `<!doctype html><html lang="en"><title>Evenkeel</title>
<p>The dashboard is not built. Run <code>npm run setup</code>: it builds it, or says why it cannot.
The daemon runs on without it; <a href="/docs">its API</a> answers.</p></html>`;

/** The built dashboard, without a token: it holds nothing but the way to ask for the rest. */
export function dashboardRoutes(server: Server, projectDir: string): void {
  const folder = path.join(projectDir, 'dashboard', 'dist');
  for (const page of DASHBOARD_PAGES) {
    server.get(page, { schema: { hide: true } }, async (request, reply) => {
      void reply.header('content-security-policy', PAGE_POLICY);
      // What it names changes with each build.
      void reply.header('cache-control', 'no-cache');
      const isSent = await sendFile(path.join(folder, 'index.html'), request, reply);
      return isSent ? reply : reply.status(503).type('text/html; charset=utf-8').send(NOT_BUILT);
    });
  }
  server.get<{ Params: { file: string } }>(
    `${DASHBOARD_FILES}:file`,
    { schema: { hide: true } },
    async (request, reply) => {
      const { file } = request.params;
      void reply.header('cache-control', 'public, max-age=31536000, immutable');
      const found = path.join(folder, 'assets', file);
      if (FILE_NAME.test(file) && (await sendFile(found, request, reply))) return reply;
      void reply.header('cache-control', 'no-store');
      throw notFound(`The dashboard has no file "${file}"`);
    },
  );
}

/** Sends what the build compressed beside the file, where the browser takes it. */
async function sendFile(
  file: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<boolean> {
  const type = TYPES[path.extname(file)];
  if (type === undefined) return false;
  const takesGzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  const packed = takesGzip ? await readIfThere(`${file}.gz`) : undefined;
  const body = packed ?? (await readIfThere(file));
  if (body === undefined) return false;
  if (packed !== undefined) void reply.header('content-encoding', 'gzip');
  void reply.header('vary', 'accept-encoding').type(type).send(body);
  return true;
}
