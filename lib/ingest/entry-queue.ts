import { Duration } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Foundation } from '../platform/foundation.ts';
import { WorkQueue } from '../platform/work-queue.ts';

/** How long one batch of entries may take to scan; the queue's visibility follows from it. */
export const SCAN_TIMEOUT = Duration.seconds(10);

/**
 * Entries on their way to the detector. The one place where a leaked secret may lie outside the log that it leaked
 * into: encrypted, for as long as the detector needs, and in the dead-letter queue until a person looks.
 */
export class EntryQueue extends WorkQueue {
  readonly #foundation: Foundation;

  constructor(scope: Construct, id: string, props: { readonly foundation: Foundation }) {
    super(scope, id, {
      foundation: props.foundation,
      consumerTimeout: SCAN_TIMEOUT,
      // A checkpoint moves on once the queue has an entry: it must outlast a long weekend without a detector.
      retention: Duration.days(4),
      oldestSeconds: 300,
      impact: 'Entries wait unscanned: a leak in them is neither quarantined nor alerted.',
      runbook: {
        old: 'lib/ingest/runbook.md#EntryQueueOld',
        dead: 'lib/ingest/runbook.md#EntryDlqNotEmpty',
      },
    });
    this.#foundation = props.foundation;
  }

  /** May hand entries to the detector. */
  grantShip(grantee: IGrantable): void {
    Grant.addToPrincipal({ grantee, resourceArns: [this.queue.queueArn], actions: ['sqs:SendMessage'] });
    this.#foundation.grantDataKey(grantee);
  }

  /** May put what it cannot read aside, with the reason. */
  grantReject(grantee: IGrantable): void {
    Grant.addToPrincipal({
      grantee,
      resourceArns: [this.deadLetters.queueArn],
      actions: ['sqs:SendMessage'],
    });
    this.#foundation.grantDataKey(grantee);
  }

  /** May see how many messages wait and how many died. */
  grantInspect(grantee: IGrantable): void {
    Grant.addToPrincipal({
      grantee,
      resourceArns: [this.queue.queueArn, this.deadLetters.queueArn],
      actions: ['sqs:GetQueueAttributes'],
    });
  }
}
