import { describe, expect, it } from 'vitest';
import {
  isOrdinaryPassword,
  isOrdinaryToken,
  isPlaceholderToken,
} from '../../../functions/detection/domain/signals.ts';

describe('a value that ought to be random', () => {
  it('is none when it is one short piece over and over, in any case', () => {
    expect(isOrdinaryToken('abcd1234abcd1234ABCD1234ABCD1234--__extra')).toBe(true);
    expect(isOrdinaryToken(`${'k7'.repeat(3)}Xq9TzmB2VpLw4Yd8HcJ3`)).toBe(false);
  });

  it('is none when it is a UUID of time and machine, unless a rule knows its provider', () => {
    const timed = '743b294a-cd03-11ec-9d64-0242ac120002';
    expect(isOrdinaryToken(timed)).toBe(true);
    expect(isPlaceholderToken(timed)).toBe(false);
    expect(isOrdinaryToken('743b294a-cd03-41ec-9d64-0242ac120002')).toBe(false);
  });
});

describe('a password', () => {
  it.each(['the password goes elsewhere', 'busybox@', 'read_from_file', '${PASSWORD}'])(
    'is none: %s',
    (value) => {
      expect(isOrdinaryPassword(value)).toBe(true);
    },
  );

  it.each(['greyheron', 'Tr0ub4dor&3x', 'grey heron 7', 'open_sesame'])('may be one: %s', (value) => {
    expect(isOrdinaryPassword(value)).toBe(false);
  });
});
