import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { checkpointText, type Checkpoint } from '../../../functions/kernel/tlog/checkpoint.ts';
import { formatNote, noteKey } from '../../../functions/kernel/tlog/signed-note.ts';

/** A log's two keys, made for one test. */
export function createLogKeys(origin: string) {
  const spki = (key: KeyObject) => key.export({ format: 'der', type: 'spki' });
  const ed = generateKeyPairSync('ed25519');
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const keys = [noteKey(origin, spki(ed.publicKey)), noteKey(origin, spki(ec.publicKey))] as const;
  const signText = (text: string) => {
    const [edKey, ecKey] = keys;
    return [
      { name: origin, keyId: edKey.id, signature: sign(null, Buffer.from(text), ed.privateKey) },
      { name: origin, keyId: ecKey.id, signature: sign('sha256', Buffer.from(text), ec.privateKey) },
    ];
  };
  return {
    origin,
    keys,
    signText,
    sign: (checkpoint: Checkpoint) => {
      const text = checkpointText(checkpoint);
      return Buffer.from(formatNote(text, signText(text)));
    },
  };
}
export type LogKeys = ReturnType<typeof createLogKeys>;
