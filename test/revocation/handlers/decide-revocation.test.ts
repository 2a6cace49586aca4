import { describe, expect, test } from 'vitest';
import { decideRevocation } from '../../../functions/revocation/decide-revocation.lambda.ts';
import { FakeRevocationStore, FakeWorkflow } from '../../support/fake-revocation-store.ts';
import { LinesLogger } from '../../support/lines-logger.ts';
import { aCaseId, aRevocation } from '../../support/revocation-builder.ts';

const CASE = aCaseId(1);

function desk() {
  const store = new FakeRevocationStore();
  store.records.set(
    CASE,
    aRevocation(1, {
      status: 'awaiting_approval',
      approvalToken: 'the-token',
      approval: { expiresAt: '2026-11-21T10:00:00.000Z', byDefault: 'reject' },
    }),
  );
  const workflow = new FakeWorkflow();
  const logger = new LinesLogger();
  const clock = { now: () => Date.parse('2026-11-21T09:00:00.000Z') };
  return {
    store,
    workflow,
    logger,
    ask: (request: unknown) => decideRevocation(request, { store, workflow, logger, clock }),
  };
}

describe('the desk', () => {
  test('answers, and leaves a line of who asked for what', async () => {
    const { ask, logger, workflow } = desk();
    const answer = await ask({ do: 'approve', caseId: CASE, by: 'ann', why: 'it is real' });
    expect(answer).toMatchObject({ answer: 'revocation', revocation: { status: 'live', decidedBy: 'ann' } });
    expect(workflow.resumed).toEqual(['the-token']);
    expect(logger.lines).toMatchObject([
      { message: 'revocation_decision', request: 'approve', case_id: CASE, by: 'ann', status: 'live' },
    ]);
    expect(JSON.stringify([answer, logger.lines])).not.toContain('the-token');
  });

  test('shows without a name, and changes nothing by it', async () => {
    const { ask, store } = desk();
    expect(await ask({ do: 'show', caseId: CASE })).toMatchObject({ answer: 'revocation' });
    expect(store.written).toEqual([]);
  });

  test('refuses what is no request by the place and the reason, quoting nothing', async () => {
    const { ask, store } = desk();
    const hidden = ['hidden', 'words'].join('-');
    for (const [request, says] of [
      [null, /./],
      [{ do: hidden, caseId: CASE }, /do/],
      [{ do: 'approve', caseId: CASE, by: 'ann' }, /why/],
      [{ do: 'approve', caseId: CASE, why: 'x', by: ' ' }, /by/],
      [{ do: 'approve', caseId: hidden, by: 'ann', why: 'x' }, /caseId/],
      [{ do: 'show', caseId: CASE, [hidden]: 1 }, /./],
    ] as const) {
      const answer = await ask(request);
      expect(answer).toMatchObject({ answer: 'refused', why: 'bad_request' });
      expect(answer.answer === 'refused' ? answer.message : '').toMatch(says);
      expect(JSON.stringify(answer)).not.toContain(`"${hidden}"`);
    }
    expect(store.written).toEqual([]);
  });

  test('tells a case that is not known', async () => {
    const { ask, logger } = desk();
    expect(await ask({ do: 'revoke', caseId: aCaseId(2), by: 'ann', why: 'x' })).toMatchObject({
      why: 'no_such_case',
    });
    expect(logger.lines[0]).toMatchObject({ why: 'no_such_case', answer: 'refused' });
  });
});
