import { describe, test } from 'vitest';
import { findRedisServer } from '../../support/redis-server.ts';
import { openRedis } from '../../support/rotation/databases.ts';
import { rotatorContract } from '../../support/rotation/rotator-contract.ts';

const binary = await findRedisServer();
if (binary === undefined)
  describe('a user of Redis', () => test.skip('this machine can have no Redis', () => undefined));
else
  rotatorContract('a user of Redis', { strategy: 'single_user', drawn: false, reinstates: true }, () =>
    openRedis(binary),
  );
