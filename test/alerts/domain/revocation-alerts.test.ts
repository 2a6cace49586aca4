import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readBusEvent } from '../../../functions/alerts/adapters/bus-event.ts';
import { labelsOf } from '../../../functions/alerts/domain/labels.ts';
import { factsOf } from '../../../functions/alerts/domain/render/text.ts';
import { slackMessage } from '../../../functions/alerts/domain/render/slack.ts';
import { createMatcher } from '../../../functions/alerts/domain/sigma/match.ts';
import { ruleSet } from '../../../functions/alerts/domain/sigma/rule.ts';
import { approvalButton } from '../../../functions/contracts/revocation.ts';
import { revocationChange, type RevocationRecord } from '../../../functions/revocation/domain/revocation.ts';
import { aNote } from '../../support/note-builder.ts';
import { aCaseId, aRevocation } from '../../support/revocation-builder.ts';

const RULES = ruleSet.parse(
  JSON.parse(readFileSync(path.resolve(import.meta.dirname, '../../../functions/alerts/rules.json'), 'utf8')),
);
const FOUND_OUT = {
  identity: { id: 'key-1', principal: 'user/deploy', account: '123456789012' },
  uses: ['iam:s3 in eu-west-1', 'another active key of deploy'],
};

function eventOf(change: Partial<RevocationRecord>) {
  const detail = revocationChange(
    aRevocation(1, { status: 'live' }),
    aRevocation(1, { ...FOUND_OUT, ...change }),
  );
  const read = readBusEvent(
    JSON.stringify({ source: 'shhh.revocation', 'detail-type': 'RevocationChanged', detail }),
  );
  if (!read.ok) throw new Error(read.error);
  return read.value;
}

function rulesFor(change: Partial<RevocationRecord>): readonly string[] {
  const { fields } = eventOf(change);
  return RULES.flatMap((rule) =>
    rule.kind === 'detection' && createMatcher(rule)(fields) ? [rule.name] : [],
  );
}

const WAITS: Partial<RevocationRecord> = {
  status: 'awaiting_approval',
  reason: 'approval_by_policy',
  approval: { expiresAt: '2026-11-21T10:00:00.000Z', byDefault: 'reject' },
};
const labelled = (change: Partial<RevocationRecord>) => [
  { rule: 'r', labels: labelsOf(eventOf(change).fields) },
];
const actionsOf = (message: unknown) =>
  Array.from(JSON.stringify(message).matchAll(/"action_id":"(\w+)"/g), ([, id]) => id);

describe('a revocation that needs people', () => {
  test('is told once by the rule that it fits', () => {
    expect(rulesFor(WAITS)).toEqual(['revocation-waits']);
    expect(rulesFor({ ...WAITS, reason: 'over_the_limit' })).toEqual(['revocation-over-the-limit']);
    expect(rulesFor({ status: 'failed', reason: 'still_alive' })).toEqual(['revocation-urgent']);
    expect(rulesFor({ status: 'manual', reason: 'protected' })).toEqual(['revocation-urgent']);
    for (const reason of ['ambiguous', 'refused_by_provider', 'no_evidence'] as const)
      expect(rulesFor({ status: 'manual', reason })).toEqual(['revocation-by-hand']);
    expect(rulesFor({ status: 'revoked' })).toEqual([]);
    expect(rulesFor({ status: 'manual', reason: 'rejected' })).toEqual([]);
  });

  test('is told with which credential it is, what it is used for and until when an answer counts', () => {
    const facts = factsOf(aNote({ samples: labelled(WAITS) }));
    expect(facts).toEqual(
      expect.arrayContaining([
        { label: 'Credential', value: 'user/deploy · key-1 · 123456789012' },
        { label: 'Used for', value: 'iam:s3 in eu-west-1, another active key of deploy' },
        { label: 'Answer before', value: '2026-11-21 10:00 UTC, else reject' },
      ]),
    );
    expect(labelled({ ...WAITS, uses: [] })[0]?.labels.uses).toBe('nothing that can be seen');
    expect(labelled({ ...WAITS, uses: undefined })[0]?.labels.uses).toBeUndefined();
  });

  test('is told without what its provider said: that stands in the record', () => {
    expect(JSON.stringify(eventOf({ ...WAITS, note: 'a word of the provider' }))).not.toContain('word of');
  });

  test('can be decided by two buttons that the desk understands, and nothing else is offered beside them', () => {
    const message = slackMessage(aNote({ samples: labelled(WAITS) }));
    expect(actionsOf(message)).toEqual(['shhh_open', 'shhh_revocation_approve', 'shhh_revocation_reject']);
    const values = Array.from(JSON.stringify(message).matchAll(/"value":("\{.*?\}")/g), ([, text = '']) =>
      approvalButton.parse(JSON.parse(String(JSON.parse(text)))),
    );
    expect(values).toEqual([
      { v: 1, do: 'approve', caseId: aCaseId(1), run: 1 },
      { v: 1, do: 'reject', caseId: aCaseId(1), run: 1 },
    ]);
  });

  test('has no buttons where there are several, where it waits no more, and where the episode is over', () => {
    for (const note of [
      aNote({ samples: labelled(WAITS), count: 2 }),
      aNote({ samples: labelled({ status: 'failed', reason: 'still_alive' }) }),
      aNote({ samples: labelled(WAITS), kind: 'resolve' }),
    ])
      expect(actionsOf(slackMessage(note)).join()).not.toContain('revocation');
  });
});
