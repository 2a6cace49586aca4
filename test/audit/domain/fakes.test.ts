import { describe } from 'vitest';
import { logStoreContract, outboxContract, sequenceContract } from '../support/audit-stores-contract.ts';
import { createFakeLog, createFakeOutbox, createFakeSequence } from '../support/fake-audit.ts';

describe('in memory', () => {
  outboxContract(async () => createFakeOutbox());
  sequenceContract(async () => createFakeSequence());
  logStoreContract(async () => createFakeLog());
});
