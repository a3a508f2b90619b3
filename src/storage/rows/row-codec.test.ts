import { describe, expect, it } from 'vitest';
import { Money } from '../../domain/money.js';
import { RejectedError } from '../../lib/errors.js';
import {
  flag,
  json,
  LOCAL_PROPERTIES,
  money,
  number,
  omit,
  optional,
  parseJson,
  rowCodec,
  text,
  toJson,
} from './row-codec.js';

interface Sample {
  readonly modelUid: string;
  readonly isOpen: boolean;
  readonly sizeBase: Money;
  readonly closedAt: number | undefined;
  readonly config: Readonly<Record<string, unknown>>;
  readonly bot: string;
}

const SAMPLE = rowCodec<Sample>({
  modelUid: text(),
  isOpen: flag(),
  sizeBase: money(),
  closedAt: optional(number()),
  config: json(),
  bot: text('bot_name'),
});

const value: Sample = {
  modelUid: 'm',
  isOpen: true,
  sizeBase: new Money('1e-30'),
  closedAt: undefined,
  config: { depth: 4, loss: NaN, deep: [Infinity, -Infinity, null] },
  bot: 'catboost',
};

describe('rowCodec', () => {
  it('names columns in snake case or as given, and turns values into what both engines store', () => {
    expect(SAMPLE.encode(value)).toEqual({
      model_uid: 'm',
      is_open: 1,
      closed_at: null,
      bot_name: 'catboost',
      size_base: '0.000000000000000000000000000001',
      config: toJson(value.config),
    });
  });

  it('reads back what it wrote', () => {
    expect(SAMPLE.decode(SAMPLE.encode(value))).toEqual(value);
  });

  it('writes only the properties that a part has, undefined ones as NULL', () => {
    expect(SAMPLE.encodePart({ isOpen: false, closedAt: undefined })).toEqual({
      is_open: 0,
      closed_at: null,
    });
  });

  it('keeps money that doubles cannot', () => {
    const exact = new Money('12345678901234567890.123456789');
    const row = SAMPLE.encodePart({ sizeBase: exact });
    expect(row['size_base']).toBe('12345678901234567890.123456789');
  });

  it.each([NaN, Infinity, -Infinity])('refuses the number %s', (bad) => {
    expect(() => SAMPLE.encodePart({ closedAt: bad })).toThrow(RejectedError);
  });
});

describe('JSON text', () => {
  it('keeps numbers that JSON does not know', () => {
    expect(parseJson(toJson(value.config))).toEqual(value.config);
    expect(parseJson(toJson({ nothing: null, text: 'NaN' }))).toEqual({
      nothing: null,
      text: 'NaN',
    });
  });
});

describe('omit', () => {
  it('leaves out what a database adds to a row, where it is there', () => {
    expect(omit({ id: 1, rowVersion: 2, createdAt: 3, uid: 'u' }, LOCAL_PROPERTIES)).toEqual({
      uid: 'u',
    });
    const plain: { uid: string; id?: number } = { uid: 'u' };
    expect(omit(plain, LOCAL_PROPERTIES)).toEqual(plain);
  });
});
