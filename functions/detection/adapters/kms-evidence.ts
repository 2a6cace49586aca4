import { EncryptCommand, type KMSClient } from '@aws-sdk/client-kms';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { PutCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import {
  EVIDENCE_SECONDS,
  evidenceContext,
  MAX_SEALED_BYTES,
  type SealedEvidence,
} from '../../contracts/evidence.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { EvidenceSealer } from '../domain/ports.ts';

const REQUEST_DEADLINE_MS = 4_000;

export interface KmsEvidenceOptions {
  readonly kms: Pick<KMSClient, 'send'>;
  readonly keyId: string;
  readonly dynamo: Pick<DynamoDBDocumentClient, 'send'>;
  readonly table: string;
  /** Types of secrets that the revoker needs; no other is sealed. */
  readonly secretTypes: ReadonlySet<string>;
  readonly clock: Clock;
}

/** Seals what the revoker needs, under the finding's id. What was sealed, or taken away again, is left as it is. */
export function createKmsEvidence(options: KmsEvidenceOptions): EvidenceSealer {
  const { kms, keyId, dynamo, table, secretTypes, clock } = options;
  const bounded = () => ({ abortSignal: AbortSignal.timeout(REQUEST_DEADLINE_MS) });
  return {
    async seal({ findingId, fingerprint, secretType }, secret) {
      if (!secretTypes.has(secretType)) return;
      const plain = Buffer.from(secret.reveal());
      if (plain.length > MAX_SEALED_BYTES) return;
      const { CiphertextBlob } = await kms.send(
        new EncryptCommand({ KeyId: keyId, Plaintext: plain, EncryptionContext: evidenceContext(findingId) }),
        bounded(),
      );
      if (CiphertextBlob === undefined) throw new Error('KMS answered Encrypt without a ciphertext.');
      const item: SealedEvidence = {
        pk: fingerprint,
        findingId,
        sealed: Buffer.from(CiphertextBlob).toString('base64'),
        expiresAt: Math.floor(clock.now() / 1000) + EVIDENCE_SECONDS,
      };
      try {
        await dynamo.send(
          new PutCommand({ TableName: table, Item: item, ConditionExpression: 'attribute_not_exists(pk)' }),
          bounded(),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
  };
}
