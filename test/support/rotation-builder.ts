import { rotationPolicies, type ManagedSecret } from '../../functions/rotation/domain/policy.ts';

/** A policy as a person writes it, with what a test says instead. */
export function aManagedSecret(overrides: Record<string, unknown> = {}): ManagedSecret {
  const { secrets } = rotationPolicies.parse({
    version: 1,
    generators: {},
    secrets: [
      {
        name: 'orders-db',
        secret: 'shhh/orders-db',
        secretType: 'database-password',
        strategy: 'dual_phase',
        rotator: { kind: 'fake' },
        maxAge: '30d',
        tests: [
          { name: 'signs-in', kind: 'sign-in' },
          { name: 'may-read', kind: 'permission' },
        ],
        consumers: ['orders', 'reports'],
        acknowledge: { within: '2m', otherwise: 'hold', hold: '1h', afterHold: 'roll_back' },
        grace: '10s',
        onLeak: {
          rotate: true,
          oldDies: 'last',
          tests: ['signs-in'],
          acknowledge: '10s',
          otherwise: 'go_on',
          grace: '0s',
        },
        ...overrides,
      },
    ],
  });
  const [only] = secrets;
  if (only === undefined) throw new Error('A policy was read and is not there.');
  return only;
}
