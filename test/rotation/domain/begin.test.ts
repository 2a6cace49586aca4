/** What starts rotations: people, schedules, ages, leaks, threats; and what people and consumers may ask. */
import { describe, expect, test, vi } from 'vitest';
import { toIso } from '../../../functions/kernel/clock.ts';
import { answerAtDesk } from '../../../functions/rotation/domain/desk.ts';
import { rotateByAge, rotateOnSchedule } from '../../../functions/rotation/domain/keep-schedule.ts';
import { noticeLeak, noticeThreat, replaceLeaked } from '../../../functions/rotation/domain/notice-leak.ts';
import { takeStep } from '../../../functions/rotation/domain/take-step.ts';
import { evolve } from '../../../functions/rotation/domain/rotation.ts';
import { aFinding } from '../../support/finding-builder.ts';
import { FakeRotationStore, FakeSecretVault } from '../../support/fake-rotation-store.ts';
import { FakeRotator, textOf } from '../../support/fake-rotator.ts';
import { aManagedSecret } from '../../support/rotation-builder.ts';

const NOW = Date.parse('2026-11-21T08:00:00.000Z');
const HOUR = 3_600_000;
const FINGERPRINTS: Record<string, string> = { 'version-0': 'a'.repeat(64) };

const NAMES: Record<string, string> = { 'version-0': 'd'.repeat(64) };

function aWorld(overrides: Record<string, unknown> = {}) {
  const world = { nowMs: NOW, madeAt: NOW };
  const policy = aManagedSecret({ schedule: { at: 'rate(30 days)', windowHours: 3 }, ...overrides });
  const vault = new FakeSecretVault();
  vault.add(policy.secret, 'version-0', textOf({ id: 'a', password: 'password-0' }));
  const store = new FakeRotationStore();
  const started: string[] = [];
  let ids = 0;
  const needed = {
    ...{ store, vault, policies: [policy] },
    rotators: [
      new FakeRotator({ kind: 'key', nowMs: () => NOW, trouble: () => 'none', changed: () => undefined }),
    ],
    workflow: { start: (name: string) => Promise.resolve(void started.push(name)) },
    clock: { now: () => world.nowMs },
    newId: () => (ids += 1).toString(16).padStart(32, '0'),
    history: () => Promise.resolve([]),
    madeAt: () => Promise.resolve(world.madeAt),
    fingerprintsOf: (_policy: unknown, _rotator: unknown, versionId: string) =>
      Promise.resolve({
        secrets: [FINGERPRINTS[versionId] ?? 'none'],
        names: [NAMES[versionId] ?? 'none'],
      }),
  };
  const record = () => store.records.get(policy.name);
  async function move(...moves: ('turn_back' | 'roll_back' | 'refuse')[]): Promise<void> {
    for (const each of moves) {
      const now = record();
      if (now) await store.write(evolve(now, [{ type: 'moved', move: each }], NOW), now.revision, each);
    }
  }
  const ask = (request: unknown) => answerAtDesk(request, needed);
  return { world, policy, needed, store, started, record, move, ask };
}
const person = { secret: 'orders-db', by: 'ann', why: 'because' };
const leak = (overrides: Record<string, unknown> = {}) => ({
  ...aFinding({ fingerprint: FINGERPRINTS['version-0'] ?? '', ...overrides }),
  version: 1 as const,
});

describe('a person', () => {
  test('starts a rotation, and not a second one while it is under way', async () => {
    const { ask, started, record } = aWorld();
    expect(await ask({ do: 'rotate', ...person, emergency: false })).toMatchObject({ answer: 'rotation' });
    expect(await ask({ do: 'rotate', ...person, emergency: false })).toMatchObject({
      answer: 'refused',
      why: 'in_rotation',
    });
    expect(record()).toMatchObject({ run: 1, status: 'planned', trigger: { kind: 'person', by: 'ann' } });
    // Asked again, the start that may have been lost is made sure of, under the same name.
    expect(new Set(started).size).toBe(1);
  });

  test('makes one that is under way an emergency', async () => {
    const { ask, record } = aWorld();
    await ask({ do: 'rotate', ...person, emergency: false });
    await ask({ do: 'rotate', ...person, emergency: true });
    expect(record()).toMatchObject({ run: 1, trigger: { emergency: true } });
  });

  test('takes one back, and nothing that is over', async () => {
    const { ask, record, move } = aWorld();
    await ask({ do: 'rotate', ...person, emergency: false });
    expect(await ask({ do: 'go_on', ...person })).toMatchObject({ why: 'no_such_move' });
    await ask({ do: 'roll_back', ...person });
    expect(record()).toMatchObject({ status: 'rolling_back', reason: 'by_person', note: 'ann: because' });
    await move('roll_back');
    expect(await ask({ do: 'roll_back', ...person })).toMatchObject({ why: 'no_such_move' });
  });

  test('is told what is wrong with a request, without its content', async () => {
    const { ask } = aWorld();
    const answer = await ask({ do: 'rotate', secret: 'orders-db', password: 'hunter2 hunter2' });
    expect(answer).toMatchObject({ answer: 'refused', why: 'bad_request' });
    expect(JSON.stringify(answer)).not.toContain('hunter2');
    expect(await ask({ do: 'show', secret: 'another' })).toMatchObject({ why: 'no_such_secret' });
  });
});

describe('a consumer', () => {
  test('counts when it names the new version, and only then', async () => {
    const { ask, record } = aWorld();
    const heard = (versionId: string, consumer = 'orders') =>
      ask({ do: 'acknowledge', secret: 'orders-db', consumer, versionId });
    expect(await heard('version-0')).toEqual({ answer: 'heard' });
    await ask({ do: 'rotate', ...person, emergency: false });
    await heard('version-0');
    expect(record()?.consumers.every(({ acknowledgedAt }) => acknowledgedAt === undefined)).toBe(true);
    await heard(record()?.toVersion ?? '');
    expect(record()?.consumers).toEqual([
      { name: 'orders', acknowledgedAt: toIso(NOW) },
      { name: 'reports' },
    ]);
    expect(await heard('version-0', 'stranger')).toMatchObject({ why: 'no_such_consumer' });
  });
});

describe('time', () => {
  test('starts what is due by its schedule, within the window', async () => {
    const { needed, record } = aWorld();
    expect(await rotateOnSchedule('orders-db', NOW - 4 * HOUR, needed)).toMatchObject({
      outcome: 'too_late',
    });
    expect(record()).toBeUndefined();
    expect(await rotateOnSchedule('orders-db', NOW - HOUR, needed)).toMatchObject({ outcome: 'started' });
    expect(await rotateOnSchedule('gone', NOW, needed)).toMatchObject({ outcome: 'unknown' });
  });

  test('starts what is too old, and does not insist each hour on what failed', async () => {
    const { needed, world, move, record } = aWorld();
    expect(await rotateByAge(needed)).toEqual([]);
    world.nowMs = NOW + 31 * 24 * HOUR;
    expect(await rotateByAge(needed)).toMatchObject([{ outcome: 'started', kind: 'age' }]);
    await move('refuse');
    world.nowMs += HOUR;
    expect(await rotateByAge(needed)).toEqual([]);
    world.nowMs += 6 * HOUR;
    expect(await rotateByAge(needed)).toHaveLength(1);
    expect(record()?.run).toBe(2);
  });

  test('looks at the others where one cannot be looked at', async () => {
    const { needed, policy } = aWorld();
    const madeAt = (of: typeof policy) =>
      of.name === 'gone' ? Promise.reject(new RangeError('x')) : Promise.resolve(NOW - 400 * 24 * HOUR);
    const policies = [{ ...policy, name: 'gone' }, policy];
    expect(await rotateByAge({ ...needed, policies, madeAt })).toEqual([
      { secret: 'gone', kind: 'age', outcome: 'not_looked_at', error: 'RangeError' },
      { secret: policy.name, kind: 'age', outcome: 'started' },
    ]);
  });

  test('makes sure each hour that what is under way runs, and asks for nothing that is over', async () => {
    const { needed, started, move, ask } = aWorld();
    await ask({ do: 'rotate', ...person, emergency: false });
    const [run] = started;
    await rotateByAge(needed);
    expect(started).toEqual([run, run]);
    await move('refuse');
    await rotateByAge(needed);
    expect(started).toHaveLength(2);
  });

  test('tells of what AWS should have rotated and has not, and changes nothing of it', async () => {
    const { needed, world, record, policy } = aWorld({ strategy: 'external' });
    expect(await rotateByAge(needed)).toEqual([]);
    world.nowMs = NOW + 31 * 24 * HOUR;
    expect(await rotateByAge(needed)).toMatchObject([{ outcome: 'started', kind: 'age' }]);
    const steps = { ...needed, generators: {}, verifiers: [], randomBelow: () => 0 };
    expect(await takeStep('plan', { secret: policy.name, run: 1 }, steps)).toMatchObject({ next: 'end' });
    expect(record()).toMatchObject({
      ...{ status: 'refused', reason: 'left_to_aws' },
      note: expect.stringContaining('older than its policy allows') as string,
    });
    expect(needed.rotators.map(({ works }) => works.size)).toEqual([0]);
  });
});

describe('a leak', () => {
  test('of a managed secret starts an emergency, once for each finding', async () => {
    const { needed, record, move } = aWorld();
    expect(await noticeLeak(leak(), needed)).toEqual([{ secret: 'orders-db', outcome: 'started' }]);
    expect(record()).toMatchObject({ trigger: { kind: 'leak', emergency: true } });
    await move('turn_back', 'roll_back');
    expect(await noticeLeak(leak(), needed)).toMatchObject([{ outcome: 'known' }]);
    expect(record()?.run).toBe(1);
  });

  test('of anything else starts nothing, nor where the policy says so', async () => {
    const { needed, record } = aWorld();
    expect(await noticeLeak(leak({ fingerprint: 'b'.repeat(64) }), needed)).toEqual([]);
    const deaf = aManagedSecret();
    const policies = [{ ...deaf, onLeak: { ...deaf.onLeak, rotate: false } }];
    expect(await noticeLeak(leak(), { ...needed, policies })).toEqual([]);
    expect(record()).toBeUndefined();
  });

  test('of the version that is being made has another rotation follow', async () => {
    const { needed, record, ask } = aWorld();
    await ask({ do: 'rotate', ...person, emergency: false });
    const toVersion = record()?.toVersion ?? '';
    needed.vault.announce('shhh/orders-db', toVersion);
    const fingerprintsOf = (_p: unknown, _r: unknown, versionId: string) =>
      Promise.resolve({ secrets: [versionId === toVersion ? 'c'.repeat(64) : 'none'], names: [] });
    const noticed = await noticeLeak(leak({ fingerprint: 'c'.repeat(64) }), { ...needed, fingerprintsOf });
    expect(noticed).toMatchObject([{ outcome: 'follows' }]);
    expect(record()).toMatchObject({ run: 1, trigger: { emergency: false }, followUp: { kind: 'leak' } });
  });

  test('that somebody else tells of starts one as well', async () => {
    const { needed, record } = aWorld();
    const threat = { version: 1 as const, eventId: 'e-1', secret: 'orders-db', by: 'feed', why: 'sold' };
    expect(await noticeThreat(threat, needed)).toMatchObject([{ outcome: 'started' }]);
    expect(await noticeThreat(threat, needed)).toMatchObject([{ outcome: 'known' }]);
    expect(record()).toMatchObject({ trigger: { kind: 'threat', by: 'feed', emergency: true } });
    expect(await noticeThreat({ ...threat, secret: 'unknown' }, needed)).toEqual([]);
  });
});

describe('revocation, which is about to end a credential', () => {
  const asks = (fingerprint: string) =>
    ({ do: 'replace', fingerprint, findingId: 'fnd_1', correlationId: 'c.0.1' }) as const;
  const SECRET = FINGERPRINTS['version-0'] ?? '';
  const NAME = NAMES['version-0'] ?? '';

  test('is told that it is of no managed secret, or of one that its policy does not replace', async () => {
    const { needed, record } = aWorld();
    expect(await replaceLeaked(asks('b'.repeat(64)), needed)).toEqual({ answer: 'not_managed' });
    const deaf = aManagedSecret();
    const policies = [{ ...deaf, onLeak: { ...deaf.onLeak, rotate: false } }];
    expect(await replaceLeaked(asks(SECRET), { ...needed, policies })).toEqual({ answer: 'not_managed' });
    expect(record()).toBeUndefined();
  });

  test.each([
    ['its secret', SECRET],
    ['its name alone', NAME],
  ])('has it replaced where %s leaked, and waits as long as the policy says', async (_, fingerprint) => {
    const { needed, record } = aWorld();
    const answer = await replaceLeaked(asks(fingerprint), needed);
    const { rotationId } = record() ?? {};
    expect(answer).toEqual({ answer: 'wait', secret: 'orders-db', rotationId, seconds: 60 });
    expect(record()).toMatchObject({ run: 1, trigger: { kind: 'leak', by: 'revocation', emergency: true } });
    // The other half of the key, which leaked with it.
    expect(await replaceLeaked({ ...asks(SECRET), findingId: 'fnd_2' }, needed)).toEqual(answer);
    expect(record()?.run).toBe(1);
  });

  test('learns of the same rotation that the finding itself has started', async () => {
    const { needed, record } = aWorld();
    await noticeLeak(leak(), needed);
    expect(await replaceLeaked(asks(NAME), needed)).toMatchObject({ answer: 'wait' });
    expect(record()?.run).toBe(1);
  });

  test('is answered about one also while another cannot be read, and not about what may be that other', async () => {
    const { needed, policy } = aWorld();
    const gone = { ...aManagedSecret(), name: 'gone', secret: 'shhh/gone' };
    const { vault } = needed;
    const read = vault.versions.bind(vault);
    vi.spyOn(vault, 'versions').mockImplementation((secret) =>
      secret === 'shhh/gone' ? Promise.reject(new Error('not found')) : read(secret),
    );
    const both = { ...needed, policies: [gone, policy] };
    expect(await replaceLeaked(asks(SECRET), both)).toMatchObject({ answer: 'wait', secret: 'orders-db' });
    await expect(replaceLeaked(asks('b'.repeat(64)), both)).rejects.toThrow('not compared');
    // The queue brings the finding again; what was found is begun.
    await expect(noticeLeak(leak(), both)).rejects.toThrow('not compared');
  });

  test('a name that leaks alone starts nothing by itself', async () => {
    const { needed, record } = aWorld();
    expect(await noticeLeak(leak({ fingerprint: NAME }), needed)).toEqual([]);
    expect(record()).toBeUndefined();
  });

  test('makes an emergency of a rotation whose old credential leaks while consumers still follow', async () => {
    const { needed, record, ask, store } = aWorld();
    await ask({ do: 'rotate', ...person, emergency: false });
    const now = record();
    if (now === undefined) throw new Error('It was not begun.');
    // Published: the old one has no label that counts, and works.
    await store.write({ ...now, revision: 2, status: 'promoted', fromVersion: 'version-0' }, 1, undefined);
    needed.vault.add('shhh/orders-db', now.toVersion, textOf({ id: 'b', password: 'password-1' }));
    needed.vault.of('shhh/orders-db').labels.set('AWSPREVIOUS', 'version-0');
    expect(await replaceLeaked(asks(SECRET), needed)).toMatchObject({ answer: 'wait' });
    expect(record()).toMatchObject({ run: 1, trigger: { emergency: true } });
  });

  test('goes on when the old one is out of service, when it is to die first, and when nothing came of it', async () => {
    const { needed, record, move } = aWorld();
    await replaceLeaked(asks(SECRET), needed);
    const { rotationId = '' } = record() ?? {};
    const watch = { do: 'watch', secret: 'orders-db', rotationId } as const;
    expect(await replaceLeaked(watch, needed)).toMatchObject({ answer: 'wait' });
    await move('refuse');
    expect(await replaceLeaked(watch, needed)).toMatchObject({ answer: 'go_on', status: 'refused' });
    // It is over, and another one has followed: nothing is begun by a look.
    const another = { ...watch, rotationId: `rot_${'f'.repeat(32)}` };
    expect(await replaceLeaked(another, needed)).toEqual({ ...another, do: undefined, answer: 'go_on' });
    expect(record()?.run).toBe(1);

    const first = aWorld({
      onLeak: {
        ...{ rotate: true, oldDies: 'first', tests: ['signs-in'] },
        ...{ acknowledge: '10s', otherwise: 'go_on', grace: '0s' },
      },
    });
    expect(await replaceLeaked(asks(SECRET), first.needed)).toMatchObject({ answer: 'go_on' });
    expect(first.record()).toMatchObject({ run: 1, status: 'planned' });
  });
});
