import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { Alarm, ONE_MINUTE, type RunbookHeading } from './alarm.ts';
import type { Foundation } from './foundation.ts';

export interface WorkQueueProps {
  readonly foundation: Foundation;
  /** Timeout of the function that reads it: a message stays invisible for six times as long, as AWS advises. */
  readonly consumerTimeout: Duration;
  /** How long a message waits for a reader at most. */
  readonly retention: Duration;
  /** Seconds that the oldest message may wait before operators are told. */
  readonly oldestSeconds: number;
  /** Who is hurt when messages wait or die, as a sentence. */
  readonly impact: string;
  readonly runbook: { readonly old: RunbookHeading; readonly dead: RunbookHeading };
  /** Receives after which a message goes to the dead-letter queue; 5 by default. */
  readonly receivesBeforeDead?: number;
}

const RECEIVES_BEFORE_DEAD = 5;

/** A queue that loses nothing: encrypted, TLS only, with a dead-letter queue, and an alarm for each way it can fail. */
export class WorkQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: WorkQueueProps) {
    super(scope, id);
    const encrypted = {
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: props.foundation.dataKey,
      // Fewer calls to KMS, which are billed; the longest reuse that SQS allows is a day.
      dataKeyReuse: Duration.hours(1),
      enforceSSL: true,
    };
    this.deadLetters = new Queue(this, 'DeadLetters', { ...encrypted, retentionPeriod: Duration.days(14) });
    this.queue = new Queue(this, 'Queue', {
      ...encrypted,
      visibilityTimeout: Duration.seconds(props.consumerTimeout.toSeconds() * 6),
      retentionPeriod: props.retention,
      deadLetterQueue: {
        queue: this.deadLetters,
        maxReceiveCount: props.receivesBeforeDead ?? RECEIVES_BEFORE_DEAD,
      },
    });
    new Alarm(this, 'Old', {
      foundation: props.foundation,
      metric: this.queue.metricApproximateAgeOfOldestMessage({ period: ONE_MINUTE, statistic: 'Maximum' }),
      fires: { atLeast: props.oldestSeconds },
      periods: 3,
      impact: props.impact,
      action: 'Look at the errors of the function that reads this queue.',
      runbook: props.runbook.old,
    });
    new Alarm(this, 'Dead', {
      foundation: props.foundation,
      metric: this.deadLetters.metricApproximateNumberOfMessagesVisible({
        period: ONE_MINUTE,
        statistic: 'Maximum',
      }),
      fires: { atLeast: 1 },
      periods: 1,
      impact: props.impact,
      action: 'Read why the messages died, mend the cause, then redrive them.',
      runbook: props.runbook.dead,
    });
  }
}
