import type { Answer } from './venue-server.js';

export const ID = 'e00000000000000001';

/** One venue's side of an order, in the form of its public documentation. */
export interface VenueCase {
  readonly exchangeId: string;
  readonly symbol: string;
  /** Where orders go, and what an IOC purchase and a sale at the market must carry. */
  readonly createPath: string;
  readonly limitIoc: object;
  readonly marketSell: object;
  /** What a stop with a limit carries; undefined where none rests. */
  readonly stop?: object;
  readonly accepted: Answer;
  readonly rejected: Answer;
  readonly rejectedCode: string;
  /** Failures that say nothing about the order. */
  readonly ambiguous: readonly Answer[];
  /** Part of the paths that are asked for an order, in this order. */
  readonly lookUpPaths: readonly string[];
  /** The parameter that carries our id in a look-up; undefined where lists are compared. */
  readonly lookUpParameter?: object;
  /** Answers to them: the order filled to 0.004 of 0.01, of another program, and none. */
  readonly found: readonly Answer[];
  readonly foreign: readonly Answer[];
  readonly absent: readonly Answer[];
  readonly cancelPath: string;
  readonly cancelParameter: object;
  readonly canceled: Answer;
  readonly gone: Answer;
}

/** Of every order in the answers. */
export const TIME = 1_795_970_000_000;

export function ok(body: unknown): Answer {
  return { body };
}
