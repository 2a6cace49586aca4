import { describe, expect, test } from 'vitest';
import { takeIn } from '../../../functions/audit/domain/take-in.ts';
import { ALWAYS_RECORDED } from '../../../functions/contracts/audit-policy.ts';
import { auditEventType, type HandedAct } from '../../../functions/contracts/audit.ts';
import { createIntakeWorld, NOW, projectPolicy } from '../support/intake-world.ts';

const anAct = (change: Partial<HandedAct> = {}): HandedAct => ({
  id: 'act-1',
  time: '2026-11-21T11:59:00.000Z',
  type: 'security.event',
  actor: 'guard',
  subject: 'agent-7',
  correlation_id: '',
  data: { category: 'test' },
  ...change,
});

describe('the way into the log', () => {
  test('keeps an act once, and says so', async () => {
    const { intake, events } = createIntakeWorld();
    expect(await takeIn([anAct(), anAct()], intake)).toEqual([
      { did: 'taken', id: 'act-1', redacted: 0 },
      { did: 'known', id: 'act-1', redacted: 0 },
    ]);
    expect([...events.values()]).toEqual([{ ...anAct(), tags: ['soc2:CC7.2'] }]);
  });

  test('answers each act of a batch by itself, and quotes nothing of what it refuses', async () => {
    const { intake } = createIntakeWorld();
    const answers = await takeIn(
      [{ nonsense: 'quoted?' }, anAct(), anAct({ id: 'x', data: { text: '\ud800' } }), 7],
      intake,
    );
    expect(answers.map(({ did }) => did)).toEqual(['refused', 'taken', 'refused', 'refused']);
    expect(JSON.stringify(answers)).not.toContain('quoted?');
  });

  test('records what its level has, and always what was done to the system itself', async () => {
    for (const [level, expected] of [
      ['minimal', 7],
      ['basic', 14],
      ['comprehensive', auditEventType.options.length],
    ] as const) {
      const { intake, events } = createIntakeWorld({ level });
      await takeIn(
        auditEventType.options.map((type) => anAct({ id: type, type })),
        intake,
      );
      expect(events.size, level).toBe(expected);
      for (const type of ALWAYS_RECORDED) expect(events.has(type), type).toBe(true);
    }
  });

  test('leaves out a kind that is switched off', async () => {
    const { intake } = createIntakeWorld({ events: { 'security.event': { record: false } } });
    expect(await takeIn([anAct()], intake)).toEqual([{ did: 'skipped', id: 'act-1' }]);
  });

  test('cuts secrets out before anything is kept anywhere', async () => {
    const { intake, events, beside, content } = createIntakeWorld();
    const [answer] = await takeIn(
      [
        anAct({
          actor: 'bot SECRET1',
          data: { text: 'a SECRET2 "b"', SECRET3: true },
          beside: { output: 'c SECRET4 d' },
        }),
      ],
      intake,
    );
    expect(answer).toEqual({ did: 'taken', id: 'act-1', redacted: 4 });
    const event = events.get('act-1');
    expect(JSON.stringify(event)).not.toContain('SECRET');
    expect(Buffer.concat([...beside.sealed.values()]).includes('SECRET')).toBe(false);
    expect(content(event, 'output')).toBe('c [SHHH removed a credential: marked_secret #1] d');
  });

  test('refuses an act whose id holds a secret, and any that does where the policy says so', async () => {
    const { intake, events } = createIntakeWorld();
    expect(await takeIn([anAct({ id: 'SECRET9' })], intake)).toMatchObject([{ did: 'refused' }]);
    const strict = createIntakeWorld({ privacy: { ...projectPolicy.privacy, secrets: 'refuse' } });
    const answers = await takeIn([anAct({ data: { text: 'SECRET9' } })], strict.intake);
    expect(answers).toMatchObject([{ did: 'refused' }]);
    expect(JSON.stringify(answers)).not.toContain('SECRET9');
    expect([events.size, strict.events.size]).toEqual([0, 0]);
  });

  test('keeps nothing where secrets cannot be looked for', async () => {
    const { intake, events } = createIntakeWorld();
    const blind = { ...intake, secrets: { search: () => Promise.reject(new Error('away')) } };
    await expect(takeIn([anAct()], blind)).rejects.toThrow('away');
    expect(events.size).toBe(0);
  });

  test('puts what is about persons or long beside the log, drops what is never safe', async () => {
    const { intake, events, content } = createIntakeWorld();
    const long = 'x'.repeat(9000);
    await takeIn(
      [
        anAct({
          data: {
            request: { headers: [{ 'User-Agent': 'curl', Cookie: 'abc' }], 'source-ip': '192.0.2.1' },
            email: { work: 'a@example.com' },
            log: long,
            stays: 'here',
          },
        }),
      ],
      intake,
    );
    const event = events.get('act-1');
    expect(event?.data).toEqual({ request: { headers: [{}] }, stays: 'here' });
    expect(Object.keys(event?.commitments ?? {})).toEqual([
      'request.headers.0.User-Agent',
      'request.source-ip',
      'email',
      'log',
    ]);
    expect(content(event, 'email')).toBe('{"work":"a@example.com"}');
    expect(content(event, 'log')).toBe(long);
    expect(event?.commitments?.['log']).toMatchObject({
      bytes: 9000,
      expires_at: new Date(NOW + 30 * 86_400_000).toISOString(),
    });
  });

  test('treats a kind as its own settings say', async () => {
    const { intake, events, content } = createIntakeWorld();
    await takeIn(
      [
        anAct({ id: 'run', type: 'code.execution', data: { command: 'ls', exit_code: 0 } }),
        anAct({ id: 'report', type: 'report', data: { a: 'a'.repeat(8000), b: 'b'.repeat(8100), c: 'c' } }),
      ],
      intake,
    );
    const run = events.get('run');
    expect(run?.data).toEqual({ exit_code: 0 });
    expect(content(run, 'command')).toBe('ls');
    expect(run?.commitments?.['command']?.expires_at).toBe(new Date(NOW + 14 * 86_400_000).toISOString());
    expect(Object.keys(events.get('report')?.commitments ?? {})).toEqual([]);
    const tight = createIntakeWorld({ events: { report: { most_bytes: 8300 } } });
    await takeIn(
      [anAct({ type: 'report', data: { a: 'a'.repeat(8000), b: 'b'.repeat(8100), c: 'c' } })],
      tight.intake,
    );
    expect(Object.keys(tight.events.get('act-1')?.commitments ?? {})).toEqual(['b']);
  });

  test('leaves nothing beside the log that no entry points to', async () => {
    const { intake, beside } = createIntakeWorld();
    const act = anAct({ beside: { output: 'text' } });
    await takeIn([act, act, act], intake);
    expect(beside.sealed.size).toBe(1);
  });

  test('never gives two parts one name, however long', async () => {
    const { intake, events } = createIntakeWorld();
    const name = 'n'.repeat(200);
    await takeIn([anAct({ data: { [name]: { email: 'a' }, [`${name}m`]: { email: 'b' } } })], intake);
    const names = Object.keys(events.get('act-1')?.commitments ?? {});
    expect(new Set(names).size).toBe(2);
    expect(names.every((each) => each.length <= 64)).toBe(true);
  });

  test('looks for secrets once for a whole batch', async () => {
    const { intake, searched } = createIntakeWorld();
    await takeIn([anAct({ id: 'a' }), anAct({ id: 'b', beside: { x: 'y' } })], intake);
    expect(searched).toHaveLength(3);
  });
});
