import { rotatorContract } from '../../support/rotation/rotator-contract.ts';
import { openSaas, SAAS } from '../../support/rotation/saas.ts';

for (const saas of SAAS)
  rotatorContract(`a key of ${saas.kind}`, { strategy: 'dual_phase', drawn: true, reinstates: false }, () =>
    openSaas(saas),
  );
