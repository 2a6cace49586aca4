import { describe, expect, test } from 'vitest';
import type { ReviewedCase } from '../../functions/contracts/review.ts';
import { reviewCase } from '../../functions/quarantine/review-case.lambda.ts';
import { parseReviewCommand, renderAnswer } from '../../scripts/review/commands.ts';
import { createFakeCaseBook } from '../support/fake-case-book.ts';
import { anItem } from '../support/finding-builder.ts';

const CASE = `case_${'f1'.repeat(16)}`;
const parse = (words: string, options = {}) => parseReviewCommand(words.split(' '), options, 'ada');

describe('the command line of reviewers', () => {
  test('asks for what waits when nothing else is said', () => {
    expect(parse('list')).toMatchObject({
      value: { request: { do: 'list', select: { by: 'status', value: 'pending' }, limit: 25 } },
    });
    expect(parse('list', { severity: 'critical', limit: '3' })).toMatchObject({
      value: { request: { select: { by: 'severity', value: 'CRITICAL' }, limit: 3 } },
    });
    expect(parse('list', { status: 'false-positive' })).toMatchObject({
      value: { request: { select: { value: 'false_positive' } } },
    });
  });

  test('looks before it decides, unless it is told which decision was the last seen', () => {
    expect(parse(`false-positive ${CASE}`, { reason: 'a test key' })).toEqual({
      ok: true,
      value: {
        do: 'look_and_decide',
        request: { do: 'false_positive', caseId: CASE, reviewer: 'ada', reason: 'a test key', seen: 0 },
      },
    });
    expect(parse(`lift-hold ${CASE}`, { reason: 'over', seen: '4', reviewer: 'bob' })).toMatchObject({
      value: { do: 'ask', request: { do: 'lift_hold', reviewer: 'bob', seen: 4 } },
    });
  });

  test.each([
    ['confirm', {}, 'takes the id of a case'],
    [`confirm ${CASE}`, {}, 'needs --reason'],
    [`confirm ${CASE}`, { reason: 'x', seen: 'y' }, '--seen y is no number'],
    [`confirm ${CASE} because`, { reason: 'x' }, 'a word too many: because'],
    [`delete ${CASE}`, {}, 'There is no command delete'],
    ['list', { status: 'lost' }, 'status is pending'],
    ['list', { status: 'pending', severity: 'LOW' }, 'takes one of'],
  ])('refuses `%s` %o and says what to write', (words, options, told) => {
    const parsed = parse(words, options);
    expect(parsed.ok ? '' : parsed.error).toContain(told);
  });
});

describe('review-case', () => {
  const logger = { info: () => undefined };

  test('lists, shows and decides, and a refusal says why and what the case is now', async () => {
    const { counter, desk } = createFakeCaseBook();
    await counter.count([anItem({ position: 1 }), anItem({ position: 2 })]);
    const ask = (request: unknown) => reviewCase(request, { desk, logger });
    const list = { do: 'list', select: { by: 'status', value: 'pending' } };
    expect(await ask(list)).toMatchObject({ cases: [{ caseId: CASE, occurrences: 2 }] });
    const confirm = { do: 'confirm', caseId: CASE, reviewer: 'ada', reason: 'real', seen: 0 };
    expect(await ask(confirm)).toMatchObject({ answer: 'case', case: { status: 'confirmed' } });
    const late = await ask({ ...confirm, do: 'false_positive', reviewer: 'bob' });
    expect(late).toMatchObject({ why: 'decided_meanwhile', case: { status: 'confirmed', reviewer: 'ada' } });
    expect(renderAnswer(late)).toMatch(
      /^Refused: ada decided at .*confirmed \(real\)\. Nothing of yours was written/,
    );
    expect(await ask({ ...confirm, seen: 1 })).toMatchObject({ why: 'no_such_move' });
    expect(await ask({ do: 'show', caseId: `case_${'0'.repeat(32)}` })).toMatchObject({
      why: 'no_such_case',
    });
    expect(await ask({ ...confirm, reason: ' ' })).toMatchObject({ why: 'bad_request' });
    expect(await ask(undefined)).toMatchObject({ why: 'bad_request' });
  });

  test('quotes nothing of a request that it does not understand', async () => {
    const planted = ['planted', 'secret'].join('-');
    const answer = await reviewCase({ do: planted, caseId: planted }, { ...createFakeCaseBook(), logger });
    expect(JSON.stringify(answer)).not.toContain(planted);
  });
});

describe('a table of cases', () => {
  const one: ReviewedCase = {
    caseId: CASE,
    status: 'pending',
    decisions: 0,
    onHold: false,
    secretType: 'gitlab-pat',
    provider: 'gitlab',
    severity: 'CRITICAL',
    redactedKey: 'glpa****wxyz',
    fingerprint: 'f1'.repeat(32),
    occurrences: 12,
    firstSeenAt: '2026-11-21T08:00:00.000Z',
    lastSeenAt: '2026-11-21T08:30:00.000Z',
    agents: ['agent-7'],
    places: [],
    moves: ['confirm', 'lift_hold'],
  };

  test('aligns its columns, and says where to go on', () => {
    const lines = renderAnswer({
      answer: 'cases',
      cases: [one, { ...one, status: 'blocked_before_send', onHold: true, secretType: 'x' }],
      next: 'abc',
    }).split('\n');
    const at = lines.map((line) => line.search(/CRITICAL|severity/)).filter((column) => column >= 0);
    expect(new Set(at).size).toBe(1);
    expect(lines.at(-1)).toBe('More: --cursor abc');
  });

  test('shows a case with what may be decided about it', () => {
    const text = renderAnswer({ answer: 'case', case: { ...one, onHold: true } });
    expect(text).toContain('decide       confirm, lift-hold (--seen 0)');
    expect(text).toContain('not while it is held');
    expect(text).toContain('seen         12 times');
  });
});
