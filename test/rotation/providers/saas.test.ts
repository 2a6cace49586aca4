import { rotatorContract } from '../../support/rotation/rotator-contract.ts';
import { openSaas, SAAS } from '../../support/rotation/saas.ts';

const traits = { strategy: 'dual_phase', drawn: true, reinstates: false } as const;

for (const saas of SAAS) rotatorContract(`a key of ${saas.kind}`, traits, () => openSaas(saas));

for (const saas of SAAS.filter(({ kind }) => kind === 'sendgrid'))
  rotatorContract('a key of an API that a policy writes out', traits, () => openSaas(saas, 'http'));
