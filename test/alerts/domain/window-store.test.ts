import { createFakeWindowStore } from '../../support/fake-window-store.ts';
import { windowStoreContract } from '../../support/window-store-contract.ts';

windowStoreContract(async () => createFakeWindowStore());
