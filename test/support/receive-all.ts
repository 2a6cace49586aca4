import {
  DeleteMessageCommand,
  ReceiveMessageCommand,
  type Message,
  type SQSClient,
} from '@aws-sdk/client-sqs';

/** Takes messages from a queue until `count` have come, or none comes for `quietMs`; so an unwanted extra one shows. */
export async function receiveAll(
  sqs: SQSClient,
  QueueUrl: string,
  count: number,
  quietMs = 400,
): Promise<Message[]> {
  const received: Message[] = [];
  let last = performance.now();
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: received.length < count ? 1 : 0,
        MessageAttributeNames: ['All'],
      }),
    );
    for (const message of Messages) {
      received.push(message);
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
    }
    if (Messages.length > 0) last = performance.now();
    const patience = received.length < count ? 10_000 : quietMs;
    if (performance.now() - last > patience) return received;
  }
}
