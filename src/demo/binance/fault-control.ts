import type { IncomingMessage } from 'node:http';
import { messageOf } from '../../lib/errors.js';
import type { FaultRule, Faults } from './faults.js';

/** Where tests of a demo in another process script its faults. It exists only with a control token. */
export const CONTROL_PATH = '/demo/faults';

const LARGEST_BODY_BYTES = 100_000;

export interface ControlOptions {
  readonly controlToken: string;
  readonly faults: Faults;
}

interface ControlAnswer {
  readonly status: number;
  readonly body: string;
  readonly contentType: string;
}

/** POST adds a rule or a list of rules, DELETE removes all, GET answers how often each was met. */
export async function answerControl(
  request: IncomingMessage,
  { controlToken, faults }: ControlOptions,
): Promise<ControlAnswer> {
  if (request.headers['x-demo-token'] !== controlToken)
    return answer(403, { error: 'wrong token' });
  if (request.method === 'DELETE') faults.clear();
  if (request.method === 'POST') {
    const rules = parseRules(await readBody(request));
    if ('error' in rules) return answer(400, rules);
    faults.add(...rules.rules);
  }
  return answer(200, faults.status());
}

function parseRules(text: string): { rules: FaultRule[] } | { error: string } {
  try {
    const value: unknown = JSON.parse(text);
    const rules: unknown[] = Array.isArray(value) ? value : [value];
    return rules.every(isRule) ? { rules } : { error: 'a rule needs an effect with a kind' };
  } catch (error) {
    return { error: messageOf(error) };
  }
}

/** @throws RangeError when the body is longer than any request needs */
export async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  request.setEncoding('utf8');
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > LARGEST_BODY_BYTES) throw new RangeError('The request is too long');
  }
  return text;
}

function answer(status: number, value: unknown): ControlAnswer {
  return { status, body: JSON.stringify(value), contentType: 'application/json' };
}

/** Only tests hold the token: the kind is checked, its members are trusted. */
function isRule(value: unknown): value is FaultRule {
  const kind = (value as { effect?: { kind?: unknown } } | null)?.effect?.kind;
  return typeof kind === 'string';
}
