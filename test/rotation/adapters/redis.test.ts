import { describe, test } from 'vitest';
import { systemClock } from '../../../functions/kernel/clock.ts';
import { createRedisVerifier } from '../../../functions/rotation/adapters/verify-databases.ts';
import { findRedisServer } from '../../support/redis-server.ts';
import { databaseVerifierContract } from '../../support/rotation/database-verifier-contract.ts';
import { openRedis } from '../../support/rotation/databases.ts';
import { rotatorContract } from '../../support/rotation/rotator-contract.ts';

const binary = await findRedisServer();
if (binary === undefined)
  describe('a user of Redis', () => test.skip('this machine can have no Redis', () => undefined));
else {
  const open = () => openRedis(binary);
  rotatorContract('a user of Redis', { strategy: 'single_user', drawn: false, reinstates: true }, open);
  databaseVerifierContract(
    'Redis',
    createRedisVerifier(systemClock),
    { allowed: { command: ['GET', 'orders:1'] }, forbidden: { command: ['GET', 'payments:1'] } },
    open,
  );
}
