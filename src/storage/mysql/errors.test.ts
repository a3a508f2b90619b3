import { describe, expect, it } from 'vitest';
import { isConnectionLost, isSafeToRepeat, markUnrepeatable } from './errors.js';

function failed(code: string | undefined, fatal = false): Error {
  return Object.assign(new Error('no answer'), { ...(code === undefined ? {} : { code }), fatal });
}

describe('a lost connection', () => {
  it.each(['ECONNREFUSED', 'ECONNRESET', 'PROTOCOL_CONNECTION_LOST', 'PROTOCOL_SEQUENCE_TIMEOUT'])(
    'is told by %s',
    (code) => {
      expect(isConnectionLost(failed(code))).toBe(true);
    },
  );

  it('is told by a fatal error without a code, and not by a row that is refused', () => {
    expect(isConnectionLost(failed(undefined, true))).toBe(true);
    expect(isConnectionLost(failed('ER_DUP_ENTRY'))).toBe(false);
    expect(isConnectionLost(failed('ER_DBACCESS_DENIED_ERROR', true))).toBe(false);
    expect(isConnectionLost('text')).toBe(false);
  });
});

describe('work whose connection was lost', () => {
  const [alone, inTransaction] = [{ isTransaction: false }, { isTransaction: true }];

  it('is repeated when it only read or was never sent', () => {
    expect(isSafeToRepeat(failed('ECONNREFUSED'), alone)).toBe(true);
    expect(isSafeToRepeat(failed('ECONNRESET'), inTransaction)).toBe(true);
  });

  it('is repeated from a transaction that was not told to commit, and not by itself', () => {
    const error = failed('ECONNRESET');
    markUnrepeatable(error, 'write');
    expect(isSafeToRepeat(error, inTransaction)).toBe(true);
    expect(isSafeToRepeat(error, alone)).toBe(false);
  });

  it('is never repeated once the commit was sent', () => {
    const error = failed('PROTOCOL_SEQUENCE_TIMEOUT');
    markUnrepeatable(error, 'commit');
    expect(isSafeToRepeat(error, inTransaction)).toBe(false);
    expect(isSafeToRepeat(error, alone)).toBe(false);
  });

  it('is not repeated for any other reason', () => {
    expect(isSafeToRepeat(failed('ER_DUP_ENTRY'), inTransaction)).toBe(false);
  });
});
