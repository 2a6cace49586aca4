import { describe, expect, test } from 'vitest';
import { parseSilenceCommand, renderSilences } from '../../scripts/silence/commands.ts';

const NOW = Date.parse('2026-11-21T10:00:00Z');
const made = { now: NOW, id: 'ab12cd34', user: 'ann' };
const parse = (words: string, options = {}) => parseSilenceCommand(words.split(' '), options, made);
const told = { for: '2h', reason: 'maintenance' };

describe('a silence', () => {
  test('is added by matchers and time, with author and reason', () => {
    expect(parse('add agent=build-* rule!=shipper-silent', told)).toEqual({
      ok: true,
      value: {
        do: 'add',
        silence: {
          id: 'ab12cd34',
          matchers: [
            { name: 'agent', equal: true, value: 'build-*' },
            { name: 'rule', equal: false, value: 'shipper-silent' },
          ],
          startsAt: NOW,
          endsAt: NOW + 7_200_000,
          author: 'ann',
          reason: 'maintenance',
        },
      },
    });
  });

  test('may begin later, and be set for somebody else', () => {
    expect(parse('add agent=a', { ...told, from: '2026-11-21T22:00:00Z', author: 'bob' })).toMatchObject({
      value: { silence: { startsAt: NOW + 43_200_000, endsAt: NOW + 50_400_000, author: 'bob' } },
    });
  });

  test.each([
    ['add', told, /at least one matcher/],
    ['add agent', told, /agent is no matcher/],
    ['add redactedContent=x', told, /redactedContent=x is no matcher/],
    ['add agent=a', { reason: 'r' }, /needs --for/],
    ['add agent=a', { ...told, for: '40d' }, /31d at most/],
    ['add agent=a', { ...told, for: '0m' }, /needs --for/],
    ['add agent=a', { for: '2h' }, /needs --reason/],
    ['add agent=a', { ...told, from: 'soon' }, /soon is no time/],
    ['add agent=a', { ...told, from: '2026-11-20T10:00:00Z' }, /over already/],
    [`add agent=${'a'.repeat(300)}`, told, /too long/],
    ['list all', {}, /nothing more/],
    ['end', {}, /takes the id/],
    ['mute agent=a', told, /no command mute/],
  ])('is refused with a reason: %s', (words, options, reason) => {
    expect(parse(words, options)).toMatchObject({
      ok: false,
      error: expect.stringMatching(reason) as string,
    });
  });

  test('is listed with what it tells nobody of, until when, by whom and why; one that is over is not', () => {
    const one = {
      id: 'ab12cd34',
      matchers: [{ name: 'agent' as const, equal: false, value: 'build-*' }],
      startsAt: NOW - 1,
      endsAt: NOW + 60_000,
      author: 'ann',
      reason: 'maintenance',
    };
    const text = renderSilences(
      [one, { ...one, id: 'later', startsAt: NOW + 1 }, { ...one, id: 'gone', endsAt: NOW }],
      NOW,
    );
    expect(text).toMatch(/ab12cd34 +in force +agent!=build-\* .*2026-11-21 10:01 +ann +maintenance/);
    expect(text).toMatch(/later +to come/);
    expect(text).not.toContain('gone');
    expect(renderSilences([], NOW)).toBe('No silence.');
  });
});
