import { describe, expect, it } from 'vitest';
import { isConnectionLost, isSafeToRepeat, markUnrepeatable } from './errors.js';

function failed(code: string | undefined, fatal = false): Error {
  return Object.assign(new Error('no answer'), { ...(code === undefined ? {} : { code }), fatal });
}

describe('a lost connection', () => {
  it.each(['ECONNREFUSED', 'ECONNRESET', 'PROTOCOL_CONNECTION_LOST', 'PROTOCOL_SEQUENCE_TIMEOUT'])(
    'is recognised by %s',
    (code) => {
      expect(isConnectionLost(failed(code))).toBe(true);
    },
  );

  it('is recognised by a fatal error without a code, and not by a refused row', () => {
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

  it('is repeated as a transaction whose commit was not sent, and not as a statement of its own', () => {
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
