import { systemPacer } from '../../../functions/ingest/adapters/system-pacer.ts';
import { checkpointStoreContract } from '../../support/ingest/checkpoint-store-contract.ts';
import { entryQueueContract } from '../../support/ingest/entry-queue-contract.ts';
import { createFakeLogSource, FakeLog } from '../../support/ingest/fake-log.ts';
import {
  createFakeCheckpointStore,
  createFakeEntryQueue,
  createFakeLease,
} from '../../support/ingest/fake-stores.ts';
import { leaseContract } from '../../support/ingest/lease-contract.ts';
import { logSourceContract } from '../../support/ingest/log-source-contract.ts';

leaseContract(async () => createFakeLease());
checkpointStoreContract(async () => createFakeCheckpointStore());
entryQueueContract(async () => {
  const bodies: string[] = [];
  return {
    queue: createFakeEntryQueue([], ({ body }) => bodies.push(body)),
    received: async () => bodies,
  };
});
logSourceContract(async () => {
  const log = new FakeLog('ab'.repeat(32));
  return {
    source: createFakeLogSource([log], systemPacer),
    peer: log.peer,
    append: async (entries) => log.append(...entries),
    truncate: async (newLength) => log.truncate(newLength),
    vanish: async () => log.vanish(),
    cleanUp: async () => undefined,
  };
});
