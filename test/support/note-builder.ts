import type { Note } from '../../functions/alerts/domain/note.ts';

/** A message about one leaked token. */
export function aNote(overrides: Partial<Note> = {}): Note {
  const labels = {
    agent: 'build-7',
    secretType: 'github-pat',
    provider: 'github',
    redactedKey: 'ghp_****9Zq4',
    reference: 'hyperlog:4711',
    severity: 'CRITICAL',
    correlationId: 'c0dec0dec0dec0de.0.4711',
  };
  return {
    version: 1,
    group: 'ab'.repeat(16),
    episode: 1,
    revision: 1,
    kind: 'open',
    at: Date.parse('2026-11-21T10:00:01.200Z'),
    severity: 'CRITICAL',
    route: 'leaks',
    labels: { agent: 'build-7' },
    rules: [
      {
        name: 'critical-finding',
        title: 'Critical secret leaked',
        severity: 'CRITICAL',
        count: 1,
        summary: 'github-pat leaked by build-7: ghp_****9Zq4 at hyperlog:4711',
        done: 'The text was quarantined with the secret cut out; only a keyed fingerprint of it is stored.',
        next: 'Revoke the secret at its provider now, then review the case and read what it was used for since the leak.',
      },
    ],
    count: 1,
    fresh: 1,
    inhibited: 0,
    silenced: 0,
    cases: { open: 1, acknowledged: 0, over: 0 },
    firstAt: Date.parse('2026-11-21T10:00:00.900Z'),
    lastAt: Date.parse('2026-11-21T10:00:00.900Z'),
    samples: [{ rule: 'critical-finding', labels }],
    link: 'https://shhh.example.com/cases/case_f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1',
    channels: ['sns', 'slack', 'pagerduty', 'email', 'webhook'],
    ...overrides,
  };
}
