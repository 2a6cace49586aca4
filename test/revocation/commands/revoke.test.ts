import { describe, expect, test } from 'vitest';
import { approvalButton } from '../../../functions/contracts/revocation.ts';
import { viewOf } from '../../../functions/revocation/domain/revocation.ts';
import { parseRevokeCommand, renderRevocation } from '../../../scripts/revoke/commands.ts';
import { aCaseId, aRevocation } from '../../support/revocation-builder.ts';

const CASE = aCaseId(1);

describe('the command line', () => {
  test('revokes by the id of a case alone, for a stated reason, in the name of who asks', () => {
    expect(parseRevokeCommand([CASE], { why: 'public' }, 'ann')).toEqual({
      ok: true,
      value: { do: 'revoke', caseId: CASE, by: 'ann', why: 'public' },
    });
    expect(parseRevokeCommand(['undo', CASE], { why: 'mistake', by: 'bob' }, 'ann')).toMatchObject({
      value: { do: 'undo', by: 'bob' },
    });
    expect(parseRevokeCommand(['show', CASE], {}, 'ann')).toMatchObject({ value: { do: 'show' } });
  });

  test('is refused without a reason, without a case, with another word, and with one too many', () => {
    for (const [words, reason] of [
      [[CASE], /--why/],
      [['approve'], /id of a case/],
      [['kill', CASE], /no command kill/],
      [[CASE, 'now'], /word too many: now/],
      [[], /npm run revoke/],
    ] as const) {
      const parsed = parseRevokeCommand(words, {}, 'ann');
      expect(parsed.ok ? '' : parsed.error).toMatch(reason);
    }
  });

  test('shows the steps by hand only where a person must go on', () => {
    const shown = (status: 'manual' | 'live') =>
      renderRevocation({
        answer: 'revocation',
        revocation: viewOf(aRevocation(1, { status, reason: 'ambiguous' })),
      });
    expect(shown('manual')).toMatch(/By hand:\n {2}1\. Delete it\./);
    expect(shown('live')).not.toMatch(/By hand/);
  });
});

test('a button in a chat names the run that it decides about, and nobody who presses it', () => {
  const value = { v: 1, do: 'approve', caseId: CASE, run: 1 };
  expect(approvalButton.safeParse(value).success).toBe(true);
  expect(approvalButton.safeParse({ ...value, by: 'ann' }).success).toBe(false);
});
