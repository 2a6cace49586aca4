import { describe, expect, test } from 'vitest';
import { beginRevocations } from '../../../functions/revocation/begin-revocation.lambda.ts';
import { FakeRevocationStore, FakeWorkflow } from '../../support/fake-revocation-store.ts';
import { aCaseId, aLeak } from '../../support/revocation-builder.ts';
import { LinesLogger } from '../../support/lines-logger.ts';

const message = (messageId: string, body: unknown) => ({
  messageId,
  body: typeof body === 'string' ? body : JSON.stringify({ detail: body }),
});

function begin() {
  const store = new FakeRevocationStore();
  const workflow = new FakeWorkflow();
  const logger = new LinesLogger();
  const providers = [
    { provider: 'fake', secretTypes: ['fake-token'], needsSecret: true, manualSteps: ['Delete it.'] },
  ];
  const take = (...records: ReturnType<typeof message>[]) =>
    beginRevocations(
      { Records: records },
      { store, workflow, logger, providers, clock: { now: () => 1_800_000_000_000 }, keptDays: 400 },
    );
  return { store, workflow, logger, take };
}

describe('a batch of findings', () => {
  test('starts one run for each secret, however often it was found', async () => {
    const { take, workflow, store } = begin();
    const answer = await take(message('m1', aLeak(1)), message('m2', aLeak(1)), message('m3', aLeak(2)));
    expect(answer).toEqual({ batchItemFailures: [] });
    expect([...workflow.started.keys()]).toEqual([`${aCaseId(1)}-1`, `${aCaseId(2)}-1`]);
    expect(store.records.size).toBe(2);
  });

  test('names only the messages that must come again, and takes the others', async () => {
    const { take, store, workflow } = begin();
    store.trouble = (access) => {
      if (access === 'get' && store.written.length === 1) throw new Error('the table gave no answer');
    };
    const answer = await take(message('m1', aLeak(1)), message('m2', aLeak(2)));
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm2' }] });
    expect([...workflow.started.keys()]).toEqual([`${aCaseId(1)}-1`]);
  });

  test('starts the run of a record whose start was lost, when the message comes again', async () => {
    const { take, workflow } = begin();
    const start = workflow.start.bind(workflow);
    workflow.start = () => Promise.reject(new Error('lost'));
    expect((await take(message('m1', aLeak(1)))).batchItemFailures).toHaveLength(1);
    workflow.start = start;
    expect((await take(message('m1', aLeak(1)))).batchItemFailures).toEqual([]);
    expect([...workflow.started.keys()]).toEqual([`${aCaseId(1)}-1`]);
  });

  test('hands over at once what no provider here revokes, with steps', async () => {
    const { take, store, workflow } = begin();
    await take(message('m1', aLeak(1, { provider: 'nobody' })));
    expect(store.records.get(aCaseId(1))).toMatchObject({ status: 'manual', reason: 'no_provider' });
    expect(store.records.get(aCaseId(1))?.manualSteps.length).toBeGreaterThan(0);
    expect(workflow.started.size).toBe(0);
  });

  test('begins nothing for a case that nobody is paged for, and for a finding without a case', async () => {
    const { take, store, logger } = begin();
    const { case: known, ...bare } = aLeak(1);
    const quiet = { ...aLeak(2), case: { ...aLeak(2).case, pages: false } };
    await take(message('m1', bare), message('m2', quiet));
    expect(known).toBeDefined();
    expect(store.records.size).toBe(0);
    expect(logger.lines.map(({ outcome }) => outcome)).toEqual(['harmless', 'harmless']);
  });

  test('takes what a newer quarantine adds', async () => {
    const { take, store } = begin();
    await take(message('m1', { ...aLeak(1), somethingNew: 1 }));
    expect(store.records.size).toBe(1);
  });

  test('quotes nothing of a message that it cannot read', async () => {
    const { take, logger } = begin();
    const hidden = ['hidden', 'words'].join('-');
    const answer = await take(
      message('m1', `{"${hidden}`),
      message('m2', { agent: hidden }),
      message('m3', aLeak(3)),
    );
    expect(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toEqual(['m1', 'm2']);
    expect(JSON.stringify(logger.lines)).not.toContain(hidden);
  });
});
