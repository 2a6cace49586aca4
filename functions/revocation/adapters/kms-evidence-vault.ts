import { DecryptCommand, type KMSClient } from '@aws-sdk/client-kms';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, UpdateCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { evidenceContext, sealedEvidence } from '../../contracts/evidence.ts';
import { Redacted } from '../../kernel/redacted.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { EvidenceVault } from '../domain/ports.ts';

const REQUEST_DEADLINE_MS = 4_000;

export interface KmsEvidenceVaultOptions {
  readonly kms: Pick<KMSClient, 'send'>;
  readonly keyId: string;
  readonly dynamo: Pick<DynamoDBDocumentClient, 'send'>;
  readonly table: string;
  readonly clock: Clock;
}

/** Opens what detection has sealed, for one call at a time. */
export function createKmsEvidenceVault(options: KmsEvidenceVaultOptions): EvidenceVault {
  const { kms, keyId, dynamo, table, clock } = options;
  const bounded = () => ({ abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) });
  return {
    async open(fingerprint) {
      const { Item } = await dynamo.send(
        new GetCommand({ TableName: table, Key: { pk: fingerprint }, ConsistentRead: true }),
        bounded(),
      );
      if (Item === undefined) return undefined;
      const { sealed, findingId, expiresAt } = sealedEvidence.parse(Item);
      // DynamoDB deletes what has expired up to days later.
      if (sealed === undefined || expiresAt * 1000 <= clock.now()) return undefined;
      const { Plaintext } = await kms.send(
        new DecryptCommand({
          KeyId: keyId,
          CiphertextBlob: Buffer.from(sealed, 'base64'),
          EncryptionContext: evidenceContext(findingId),
        }),
        bounded(),
      );
      if (Plaintext === undefined) throw new Error('KMS answered Decrypt without a plaintext.');
      return new Redacted(Buffer.from(Plaintext).toString('utf8'));
    },

    async erase(fingerprint) {
      try {
        await dynamo.send(
          new UpdateCommand({
            TableName: table,
            Key: { pk: fingerprint },
            UpdateExpression: 'REMOVE sealed',
            ConditionExpression: 'attribute_exists(pk)',
          }),
          bounded(),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
  };
}
