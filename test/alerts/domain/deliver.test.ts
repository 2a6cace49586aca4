import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  backoff,
  deliver,
  openFor,
  type DeliverDeps,
  type Outcome,
} from '../../../functions/alerts/domain/deliver.ts';
import { email } from '../../../functions/alerts/domain/render/email.ts';
import { pagerDutyEvent } from '../../../functions/alerts/domain/render/pagerduty.ts';
import { slackMessage } from '../../../functions/alerts/domain/render/slack.ts';
import { alertMessageOf } from '../../../functions/alerts/domain/render/message.ts';
import { silences } from '../../../functions/alerts/domain/silence.ts';
import { retryAfter } from '../../../functions/alerts/adapters/channels/post-json.ts';
import { aNote } from '../../support/note-builder.ts';

let outcomes: Outcome[];
let calls: { attempted: boolean; reference?: string }[];
let state: { revision: number; reference?: string; attempted: boolean; failures: number; openUntil: number };
const NOW = 1_800_000_000_000;
const deps: DeliverDeps = {
  channel: {
    name: 'c',
    async deliver(_, earlier) {
      calls.push(earlier);
      return outcomes.shift() ?? { kind: 'delivered', reference: 'r' };
    },
  },
  log: {
    claim: async (_, { revision }) =>
      revision <= state.revision
        ? { kind: 'superseded' }
        : {
            kind: 'claimed',
            attempted: state.attempted,
            ...(state.reference ? { reference: state.reference } : {}),
          },
    async delivered(_, { revision }, reference) {
      state = { ...state, revision, attempted: false, ...(reference ? { reference } : {}) };
    },
    async release(_, __, attempted) {
      state.attempted = attempted;
    },
  },
  breaker: {
    openUntil: async () => state.openUntil,
    async failed(_, now) {
      state.failures += 1;
      state.openUntil = now + openFor(state.failures);
    },
    async succeeded() {
      state.failures = 0;
    },
  },
  now: () => NOW,
  random: () => 0,
  holdMs: 1_000,
};
beforeEach(() => {
  outcomes = [];
  calls = [];
  state = { revision: 0, attempted: false, failures: 0, openUntil: 0 };
});

describe('a message for a channel', () => {
  test('is delivered once, and an older one after it not at all', async () => {
    expect(await deliver(aNote({ revision: 2 }), 1, deps)).toEqual({ kind: 'done', how: 'delivered' });
    for (const revision of [2, 1])
      expect(await deliver(aNote({ revision }), 1, deps)).toEqual({ kind: 'done', how: 'superseded' });
    expect(calls).toHaveLength(1);
  });

  test('waits as long as the channel asks, and is told that it may be there already', async () => {
    outcomes = [{ kind: 'retry', reason: 'HTTP 429', afterMs: 30_000 }];
    expect(await deliver(aNote(), 1, deps)).toEqual({ kind: 'again', afterMs: 30_000, reason: 'HTTP 429' });
    await deliver(aNote(), 2, deps);
    expect(calls.map(({ attempted }) => attempted)).toEqual([false, true]);
  });

  test('reads its settings again after a failure: they may have been mended', async () => {
    let forgotten = 0;
    const channel = { ...deps.channel, forgetSettings: () => (forgotten += 1) };
    outcomes = [{ kind: 'retry', reason: 'HTTP 404' }];
    await deliver(aNote(), 1, { ...deps, channel });
    await deliver(aNote(), 2, { ...deps, channel });
    expect(forgotten).toBe(1);
  });

  test('is not tried while the circuit is open, after five failures', async () => {
    outcomes = Array.from({ length: 9 }, () => ({ kind: 'retry' as const, reason: 'HTTP 500' }));
    for (let attempt = 1; attempt <= 8; attempt += 1) await deliver(aNote(), attempt, deps);
    expect(calls).toHaveLength(5);
    expect(await deliver(aNote(), 9, deps)).toMatchObject({
      kind: 'again',
      afterMs: 5_000,
      reason: 'the circuit is open',
    });
  });

  test('is given up at once where the channel says never', async () => {
    outcomes = [{ kind: 'refused', reason: 'Slack: invalid_auth' }];
    expect(await deliver(aNote(), 1, deps)).toEqual({ kind: 'dead', reason: 'Slack: invalid_auth' });
  });

  test('waits longer each time, and not beyond what SQS can hide', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (attempt, random) => {
          expect(backoff(attempt, random)).toBeGreaterThanOrEqual(1_000);
          expect(backoff(attempt, random)).toBeLessThanOrEqual(43_200_000);
          expect(backoff(attempt + 1, 0)).toBeGreaterThanOrEqual(backoff(attempt, 0));
        },
      ),
    );
  });

  test.each([
    ['5', 5_000],
    ['Fri, 15 Jan 2027 08:00:30 GMT', 30_000],
    ['soon', undefined],
    [null, undefined],
  ])('reads Retry-After %s', (header, ms) => {
    expect(retryAfter(header, Date.parse('2027-01-15T08:00:00Z'))).toBe(ms);
  });
});

describe('what a message says', () => {
  const texts = {
    slack: JSON.stringify(slackMessage(aNote())),
    email: email(aNote()).html,
    pagerduty: JSON.stringify(pagerDutyEvent(aNote(), 'k')),
    webhook: JSON.stringify(alertMessageOf(aNote())),
  };

  test.each(Object.entries(texts))(
    'over %s: what leaked, what was done, the next step, and a link',
    (_, text) => {
      for (const part of [
        'github-pat',
        'ghp_****9Zq4',
        'quarantined',
        'Revoke the secret at its provider now',
        'https://shhh.example.com/cases/',
      ])
        expect(text).toContain(part);
    },
  );

  test('has the payload that receivers of GitHub secrets know', () => {
    expect(alertMessageOf(aNote())).toMatchObject({
      event: 'secret_leak_detected',
      secret_type: 'github-pat',
      redacted_key: 'ghp_****9Zq4',
      repository: null,
      log_reference: 'hyperlog:4711',
      severity: 'CRITICAL',
      timestamp: expect.stringMatching(/Z$/) as string,
    });
  });

  test('cannot be made into markup by the name of an agent', () => {
    const labels = { agent: '<script>alert(1)</script> <!channel>' };
    const rules = aNote().rules.map((rule) => ({ ...rule, summary: `leaked by ${labels.agent}` }));
    const evil = aNote({ labels, rules, samples: [{ rule: 'critical-finding', labels }] });
    expect(email(evil).html).not.toContain('<script>');
    const { text, blocks } = slackMessage(evil);
    expect(text).not.toContain('<!channel>');
    // In rich and plain text nothing is read; in formatted text the name is escaped.
    const formatted = JSON.stringify(blocks.filter(({ type }) => type === 'section' || type === 'context'));
    expect(formatted).toContain('&lt;!channel&gt;');
    expect(formatted).not.toContain('<!channel>');
  });

  test('says of many alerts how many of whom, and what came last', () => {
    const many = aNote({ count: 1_200, cases: { open: 1_199, acknowledged: 1, over: 0 } });
    expect(email(many).subject).toMatch(
      /^\[SHHH\] CRITICAL: 1,200 alerts about build-7, lately: github-pat leaked/,
    );
    expect(email(many).html).toContain('Open the cases');
    expect(email({ ...many, kind: 'resolve' }).subject).toBe('[SHHH] RESOLVED: 1,200 alerts about build-7');
  });

  test('shows a mask in Slack as it is', () => {
    expect(JSON.stringify(slackMessage(aNote()).blocks)).toContain('`ghp_****9Zq4`');
  });

  test('acknowledges an incident that somebody works on, and resolves one that is over', () => {
    expect(pagerDutyEvent(aNote({ cases: { open: 0, acknowledged: 1, over: 0 } }), 'k').event_action).toBe(
      'acknowledge',
    );
    const over = pagerDutyEvent(aNote({ kind: 'resolve' }), 'k');
    expect(over.event_action).toBe('resolve');
    expect(over.dedup_key).toBe(pagerDutyEvent(aNote(), 'k').dedup_key);
    expect(over.dedup_key.length).toBeLessThanOrEqual(255);
  });
});

describe('a silence', () => {
  const base = { id: 's', startsAt: 10, endsAt: 20, author: 'a', reason: 'r' };
  const alert = { rule: 'critical-finding', labels: { agent: 'build-7' } };
  test.each([
    ['the value', [{ name: 'agent' as const, equal: true, value: 'build-7' }], 15, true],
    ['a pattern', [{ name: 'agent' as const, equal: true, value: 'build-*' }], 15, true],
    ['its end', [{ name: 'agent' as const, equal: true, value: 'build-*' }], 20, false],
    ['its start', [{ name: 'rule' as const, equal: true, value: '*finding' }], 10, true],
    ['what is not', [{ name: 'agent' as const, equal: false, value: 'build-*' }], 15, false],
    [
      'all matchers',
      [
        { name: 'rule' as const, equal: true, value: 'x' },
        { name: 'agent' as const, equal: true, value: '*' },
      ],
      15,
      false,
    ],
  ])('fits by %s', (_, matchers, now, expected) => {
    expect(silences([{ ...base, matchers }], alert, now)).toBe(expected);
  });
});
