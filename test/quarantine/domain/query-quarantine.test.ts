import type { QuarantineItem } from '../../../functions/contracts/quarantine.ts';
import { createFakeQuarantineReader } from '../../support/fake-quarantine-reader.ts';
import { quarantineReaderContract } from '../../support/quarantine-reader-contract.ts';

quarantineReaderContract(async (clock) => {
  const items = new Map<string, QuarantineItem>();
  return {
    reader: createFakeQuarantineReader(items, clock),
    put: async (item) => void items.set(item.pk, item),
  };
});
