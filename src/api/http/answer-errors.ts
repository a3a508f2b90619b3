import type {
  FastifyError,
  FastifyReply,
  FastifyRequest,
  FastifySchemaValidationError,
} from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { RejectedError, TransientError } from '../../lib/errors.js';
import type { Logger } from '../../lib/logger.js';
import type { Server } from './new-server.js';

/** What every refused call gets. */
export interface ErrorAnswer {
  readonly error: {
    readonly code: string;
    /** The parameter or field that is wrong, where there is one. */
    readonly field: string | null;
    readonly message: string;
  };
}

/** Refuses a call on purpose, with the field that is wrong. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly statusCode: number;
  readonly code: string;
  readonly field: string | null;

  constructor(statusCode: number, code: string, message: string, field: string | null = null) {
    super(message);
    this.statusCode = statusCode;
    this.code = code;
    this.field = field;
  }
}

export function notFound(message: string, field: string | null = null): ApiError {
  return new ApiError(404, 'not_found', message, field);
}

export function badRequest(message: string, field: string | null): ApiError {
  return new ApiError(400, 'bad_request', message, field);
}

/** Bad input names its field; a defect of ours is logged with its stack and answered without it. */
export function answerErrors(server: Server, logger: Logger): void {
  server.setNotFoundHandler(async (request, reply) =>
    send(reply, 404, 'not_found', `There is no ${request.method} ${pathOf(request)}`),
  );
  server.setErrorHandler(async (error: FastifyError | Error, request, reply) =>
    answer(error, { request, reply, logger }),
  );
}

interface Failed {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly logger: Logger;
}

function answer(error: FastifyError | Error, { request, reply, logger }: Failed): FastifyReply {
  if (error instanceof ApiError) {
    return send(reply, error.statusCode, error.code, error.message, error.field);
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    const [issue] = error.validation;
    const shown = fieldOf(issue) || (error.validationContext ?? 'request');
    return send(reply, 400, 'bad_request', `${shown}: ${issue?.message ?? 'not valid'}`, shown);
  }
  if (error instanceof RejectedError) return send(reply, 400, 'bad_request', error.message);
  if (error instanceof TransientError) return send(reply, 503, 'try_again', error.message);
  const { statusCode = 500 } = error as Partial<FastifyError>;
  if (statusCode >= 400 && statusCode < 500) {
    return send(reply, statusCode, 'bad_request', error.message);
  }
  logger.error('A call failed inside the daemon', { path: pathOf(request), error });
  return send(reply, 500, 'internal', 'The daemon made a mistake; its log has the details');
}

/** Where the issue is; empty where it concerns the whole. A field that is not known is named itself. */
function fieldOf(issue: FastifySchemaValidationError | undefined): string {
  const path = (issue?.instancePath ?? '').split('/').filter((part) => part !== '');
  const { keys } = (issue?.params ?? {}) as { readonly keys?: readonly string[] };
  return [...path, ...(keys ?? []).slice(0, 1)].join('.');
}

function send(
  reply: FastifyReply,
  statusCode: number,
  code: string,
  ...[message, field = null]: [message: string, field?: string | null]
): FastifyReply {
  const body: ErrorAnswer = { error: { code, field, message } };
  return reply.status(statusCode).type('application/json').send(body);
}

/** Without the query: it may carry what must not be repeated. */
function pathOf(request: FastifyRequest): string {
  return request.url.split('?')[0] ?? '';
}
