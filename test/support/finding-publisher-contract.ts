import { beforeEach, describe, expect, test } from 'vitest';
import { secretQuarantined, type SecretQuarantined } from '../../functions/contracts/quarantine.ts';
import {
  toSecretQuarantined,
  type FindingPublisher,
} from '../../functions/quarantine/domain/publish-findings.ts';
import { anItem } from './finding-builder.ts';

export interface PublisherUnderTest {
  readonly publisher: FindingPublisher;
  /** What a subscriber of the bus got, once it has `count`. */
  readonly received: (count: number) => Promise<unknown[]>;
}

/** What every way to announce findings holds. */
export function findingPublisherContract(create: () => Promise<PublisherUnderTest>): void {
  describe('announces findings', () => {
    let under: PublisherUnderTest;
    const events = (count: number): SecretQuarantined[] =>
      Array.from({ length: count }, (_, position) => toSecretQuarantined(anItem({ position })));

    beforeEach(async () => {
      under = await create();
    });

    test.each([1, 10, 11, 25])('delivers each of %i findings once, unchanged', async (count) => {
      const answers = await under.publisher.publish(events(count));
      expect(answers).toEqual(Array.from({ length: count }, () => ({ ok: true, value: undefined })));
      const received = (await under.received(count)).map((detail) => secretQuarantined.parse(detail));
      expect(received.sort((a, b) => a.position - b.position)).toEqual(events(count));
    });

    test('delivers text of any script, and what controls terminals, unchanged', async () => {
      const event = toSecretQuarantined(
        anItem({ agent: 'агент-\u{1F916}\u0000\u001b[31m\u007f', redactedContent: '"\\\n\u2028' }),
      );
      await under.publisher.publish([event]);
      expect(await under.received(1)).toEqual([event]);
    });

    test('answers nothing for nothing', async () => {
      expect(await under.publisher.publish([])).toEqual([]);
    });
  });
}
