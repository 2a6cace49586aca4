import { beforeEach, describe, expect, test } from 'vitest';
import { beginRevocation } from '../../../functions/revocation/domain/begin-revocation.ts';
import { FakeEvidenceVault, FakeRevocationStore, FakeWorkflow } from '../../support/fake-revocation-store.ts';
import { aCaseId, aLeak } from '../../support/revocation-builder.ts';

const store = { current: new FakeRevocationStore() };
const evidence = new FakeEvidenceVault();
let workflow: FakeWorkflow;
beforeEach(() => {
  store.current = new FakeRevocationStore();
  workflow = new FakeWorkflow();
  evidence.sealed.set(aLeak().fingerprint, 'sealed');
});

const begin = (isOn: boolean) =>
  beginRevocation(aLeak(), {
    store: store.current,
    evidence,
    workflow,
    providers: [
      {
        provider: 'fake',
        secretTypes: ['fake-token'],
        needsSecret: true,
        manualSteps: ['Open its page.'],
        isOn,
      },
    ],
    clock: { now: () => Date.parse('2026-11-21T08:00:01.000Z') },
    keptDays: 400,
  });

describe('a finding of a secret that is new', () => {
  test('starts a run where its provider is on', async () => {
    expect(await begin(true)).toBe('started');
    expect([...workflow.started.keys()]).toEqual([`${aCaseId()}-1`]);
    expect(evidence.sealed.size).toBe(1);
  });

  test('goes to people with the provider’s own steps where that is off, and its evidence is taken away', async () => {
    expect(await begin(false)).toBe('handed_over');
    expect(workflow.started.size).toBe(0);
    expect(evidence.sealed.size).toBe(0);
    expect(await store.current.get(aCaseId())).toMatchObject({
      status: 'manual',
      reason: 'no_provider',
      manualSteps: ['Open its page.'],
    });
  });

  test('that is sealed again when it leaks again does not stay sealed', async () => {
    await begin(false);
    evidence.sealed.set(aLeak().fingerprint, 'sealed again');
    expect(await begin(false)).toBe('known');
    expect(evidence.sealed.size).toBe(0);
  });
});
