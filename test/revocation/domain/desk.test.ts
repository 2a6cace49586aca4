import { describe, expect, test } from 'vitest';
import { revocationAnswer, type RevocationRequest } from '../../../functions/contracts/revocation.ts';
import { answerAtDesk } from '../../../functions/revocation/domain/desk.ts';
import type { RevocationRecord } from '../../../functions/revocation/domain/revocation.ts';
import { FakeRevocationStore, FakeWorkflow } from '../../support/fake-revocation-store.ts';
import { aCaseId, aRevocation } from '../../support/revocation-builder.ts';

const NOW = Date.parse('2026-11-21T09:00:00.000Z');
const JUST_NOW = { changedAt: '2026-11-21T08:59:00.000Z' };
const WAITING: Partial<RevocationRecord> = {
  status: 'awaiting_approval',
  approvalToken: 'the-token',
  approval: { expiresAt: '2026-11-21T10:00:00.000Z', byDefault: 'reject' },
};

async function desk(
  change: Partial<RevocationRecord> | undefined,
  what: Extract<RevocationRequest, { by: string }>['do'],
  nowMs = NOW,
) {
  const store = new FakeRevocationStore();
  if (change) store.records.set(aCaseId(1), aRevocation(1, change));
  const workflow = new FakeWorkflow();
  const answer = await answerAtDesk(
    { do: what, caseId: aCaseId(1), by: 'ann', why: 'because' },
    { store, workflow, clock: { now: () => nowMs } },
  );
  return { answer: revocationAnswer.parse(answer), workflow, record: store.records.get(aCaseId(1)) };
}

describe('the desk', () => {
  test('clears what waits, records who and why, and lets the run go on', async () => {
    const { record, workflow, answer } = await desk(WAITING, 'approve');
    expect(record).toMatchObject({ status: 'live', cleared: true, decidedBy: 'ann', decidedWhy: 'because' });
    expect(workflow.resumed).toEqual(['the-token']);
    expect(JSON.stringify(answer)).not.toContain('the-token');
  });

  test('ends what is rejected, and lets the run see it', async () => {
    const { record, workflow } = await desk(WAITING, 'reject');
    expect(record).toMatchObject({ status: 'manual', reason: 'rejected', decidedBy: 'ann', cleared: false });
    expect(workflow.resumed).toEqual(['the-token']);
  });

  test('refuses an answer after its time: the default counts', async () => {
    const { answer, record } = await desk(WAITING, 'approve', NOW + 3_600_000);
    expect(answer).toMatchObject({ answer: 'refused', why: 'too_late' });
    expect(record?.status).toBe('awaiting_approval');
  });

  test('refuses to answer what waits for nobody', async () => {
    for (const status of ['pending', 'live', 'revoked', 'proven_dead', 'manual'] as const)
      expect((await desk({ status }, 'approve')).answer).toMatchObject({ why: 'no_such_move' });
  });

  test('starts a run again after an end without a proof, as a run of its own', async () => {
    for (const status of ['failed', 'manual', 'not_live'] as const) {
      const { record, workflow } = await desk({ status, cleared: true }, 'revoke');
      expect(record).toMatchObject({ status: 'pending', run: 2, startedBy: 'ann', cleared: false });
      expect([...workflow.started.keys()]).toEqual([`${aCaseId(1)}-2`]);
    }
  });

  test('starts nothing beside a run, and nothing of what is proven dead', async () => {
    for (const status of ['live', 'revoked', 'proven_dead'] as const) {
      const { answer, workflow } = await desk({ status, identity: { id: 'a' }, ...JUST_NOW }, 'revoke');
      expect(answer).toMatchObject({ answer: 'refused', why: 'no_such_move' });
      expect(workflow.started.size).toBe(0);
    }
  });

  test('starts what stands still as a run of its own, for the old one has gone without a word', async () => {
    for (const status of ['pending', 'live', 'contained', 'revoked', 'awaiting_approval'] as const) {
      const { record, workflow } = await desk({ status, identity: { id: 'a' } }, 'revoke', NOW + 3_600_000);
      expect(record).toMatchObject({ status: 'pending', run: 2, startedBy: 'ann' });
      expect([...workflow.started.keys()]).toEqual([`${aCaseId(1)}-2`]);
    }
    // What waits for people stands still by right until its time is over, and half an hour longer.
    expect((await desk(WAITING, 'revoke')).record).toMatchObject({ status: 'live', run: 1 });
  });

  test('lets an approved run go on again where its word was lost', async () => {
    const approved = { status: 'live', cleared: true, approvalToken: 'the-token', ...JUST_NOW } as const;
    for (const what of ['approve', 'revoke'] as const) {
      const { workflow, record } = await desk({ ...approved, decidedBy: 'bob' }, what);
      expect(workflow.resumed).toEqual(['the-token']);
      expect(record).toMatchObject({ revision: 1, decidedBy: 'bob' });
    }
    expect((await desk(approved, 'reject')).answer).toMatchObject({ why: 'no_such_move' });
  });

  test('starts nothing while it is being restored', async () => {
    const claim = { step: 'restore', until: NOW + 1_000 };
    expect((await desk({ status: 'failed', claim }, 'revoke')).answer).toMatchObject({ why: 'no_such_move' });
    expect((await desk({ status: 'failed', claim }, 'revoke', NOW + 1_000)).record).toMatchObject({ run: 2 });
  });

  test('undoes only what was taken and what its provider restores', async () => {
    const done = { status: 'proven_dead', cleared: true, identity: { id: 'a' } } as const;
    expect((await desk({ ...done, canRestore: false }, 'undo')).answer).toMatchObject({
      why: 'cannot_restore',
    });
    expect((await desk({ status: 'live' }, 'undo')).answer).toMatchObject({ why: 'no_such_move' });
    const { workflow, record } = await desk({ ...done, canRestore: true }, 'undo');
    expect([...workflow.started.values()]).toMatchObject([{ do: 'restore', run: 1 }]);
    expect(record?.undo).toEqual({ by: 'ann', why: 'because' });
  });

  test('knows no case that no finding began', async () => {
    expect((await desk(undefined, 'revoke')).answer).toMatchObject({ why: 'no_such_case' });
  });
});
