import { generateKeyPairSync, sign } from 'node:crypto';
import type { Checkpoint, TreeHead } from '../../../functions/kernel/tlog/checkpoint.ts';
import { noteKey, type NoteKey } from '../../../functions/kernel/tlog/signed-note.ts';
import { addCheckpoint, type Witness, type WitnessMemory } from '../../../functions/audit/domain/witness.ts';

/** A memory in memory. */
export function createFakeWitnessMemory(): WitnessMemory & { readonly heads: Map<string, TreeHead> } {
  const heads = new Map<string, TreeHead>();
  return {
    heads,
    last: async (origin) => heads.get(origin),
    remember: async ({ origin, size, root }: Checkpoint, older) => {
      if ((heads.get(origin)?.size ?? 0) !== older) return false;
      heads.set(origin, { size, root });
      return true;
    },
  };
}

/** A witness of one log, and how it is asked. */
export function createWitnessWorld(origin: string, keys: readonly NoteKey[], name = 'witness.example/w1') {
  const pair = generateKeyPairSync('ed25519');
  const key = noteKey(name, pair.publicKey.export({ format: 'der', type: 'spki' }), 'cosignature');
  const memory = createFakeWitnessMemory();
  const witness: Witness = {
    logs: [{ origin, keys }],
    memory,
    signer: { key, sign: async (text) => sign(null, Buffer.from(text), pair.privateKey) },
    now: () => 1_700_000_000,
  };
  return { key, memory, witness, ask: (body: Uint8Array) => addCheckpoint(body, witness) };
}
