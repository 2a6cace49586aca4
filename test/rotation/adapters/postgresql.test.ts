import { rotatorContract } from '../../support/rotation/rotator-contract.ts';
import { openPostgres } from '../../support/rotation/databases.ts';

rotatorContract(
  'a user of PostgreSQL with one password',
  { strategy: 'single_user', drawn: false, reinstates: true },
  openPostgres,
);
rotatorContract(
  'two users of PostgreSQL in turns',
  { strategy: 'alternating_users', drawn: false, reinstates: true },
  openPostgres,
);
