import { describe, expect, test } from 'vitest';
import type { ReviewedCase } from '../../functions/contracts/review.ts';
import { reviewCase } from '../../functions/quarantine/review-case.lambda.ts';
import { parseReviewCommand, renderAnswer } from '../../scripts/review/commands.ts';
import { createFakeCaseBook } from '../support/fake-case-book.ts';
import { createFakeQuarantineReader } from '../support/fake-quarantine-reader.ts';
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

  test('asks for findings by any of their properties, of some days, page by page', () => {
    const fingerprint = 'AB'.repeat(32);
    expect(
      parse('findings', { fingerprint, from: '2026-11-20', until: '2026-11-21T10:00:00Z' }),
    ).toMatchObject({
      value: {
        request: {
          do: 'findings',
          select: { by: 'fingerprint', value: fingerprint.toLowerCase() },
          from: '2026-11-20T00:00:00Z',
          until: '2026-11-21T10:00:00Z',
        },
      },
    });
    expect(parse('findings', { agent: 'build-7', cursor: 'c' })).toMatchObject({
      value: { request: { select: { by: 'agent', value: 'build-7' }, cursor: 'c' } },
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
    ['list', { agent: 'build-7' }, '`findings` takes --agent'],
    ['findings', { agent: 'build-7', severity: 'LOW' }, 'takes one of'],
    ['findings', { fingerprint: 'ab' }, 'a fingerprint has 64 hex digits'],
    ['list', { from: 'yesterday' }, 'a day is written'],
  ])('refuses `%s` %o and says what to write', (words, options, told) => {
    const parsed = parse(words, options);
    expect(parsed.ok ? '' : parsed.error).toContain(told);
  });
});

describe('review-case', () => {
  const logger = { info: () => undefined };
  const clock = { now: () => Date.parse('2026-11-21T12:00:00Z') };
  const items = [1, 2, 3].map((position) => anItem({ position }));
  const reader = createFakeQuarantineReader(new Map(items.map((item) => [item.pk, item])), clock);

  test('lists findings with the case of each, page by page, and refuses the cursor of another question', async () => {
    const ask = (request: unknown) => reviewCase(request, { ...createFakeCaseBook(), reader, logger });
    const question = { do: 'findings', select: { by: 'agent', value: items[0]?.agent }, limit: 2 };
    const first = await ask(question);
    if (first.answer !== 'findings') throw new Error(first.answer);
    const rest = await ask({ ...question, cursor: first.next });
    if (rest.answer !== 'findings') throw new Error(rest.answer);
    expect([...first.findings, ...rest.findings].map(({ findingId }) => findingId).sort()).toEqual(
      items.map(({ findingId }) => findingId).sort(),
    );
    expect(renderAnswer(first)).toContain(`More: --cursor ${first.next}`);
    expect(await ask({ ...question, from: '2030-01-01T00:00:00Z' })).toMatchObject({ findings: [] });
    const other = { ...question, select: { by: 'severity', value: 'LOW' }, cursor: first.next };
    expect(await ask(other)).toMatchObject({ answer: 'refused', why: 'cursor_of_another_query' });
  });

  test('lists, shows and decides, and a refusal says why and what the case is now', async () => {
    const { counter, desk } = createFakeCaseBook();
    await counter.count([anItem({ position: 1 }), anItem({ position: 2 })]);
    const ask = (request: unknown) => reviewCase(request, { desk, reader, logger });
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
    const answer = await reviewCase(
      { do: planted, caseId: planted },
      { ...createFakeCaseBook(), reader, logger },
    );
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
