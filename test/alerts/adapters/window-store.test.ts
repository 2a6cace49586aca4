import { afterAll, inject } from 'vitest';
import { createDynamoWindowStore } from '../../../functions/alerts/adapters/dynamo-window-store.ts';
import { stateTables } from '../../support/state-table.ts';
import { windowStoreContract } from '../../support/window-store-contract.ts';

const tables = stateTables(inject('endpoint'));
afterAll(() => tables.close());

windowStoreContract(async () => createDynamoWindowStore(await tables.create()));
