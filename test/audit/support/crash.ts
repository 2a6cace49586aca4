import type { Sequencer } from '../../../functions/audit/domain/sequence.ts';

/** What a process dies of in these tests. */
export class Killed extends Error {}

/** Names of what a sequencer does to the world, in order of a run: a hook for each. */
export const STEPS = [
  'sequence.read',
  'outbox.pending',
  'log.read',
  'log.stage',
  'sequence.compareAndSet',
  'log.checkpoint',
  'log.readStaged',
  'signer.sign',
  'log.create',
  'cosigner.cosign',
  'log.publish',
  'announcer.announce',
  'outbox.settle',
] as const;

/** Runs one step: may wait, may die before it or after it. */
export type Hook = <T>(step: string, act: () => Promise<T>) => Promise<T>;

/** The sequencer, with every one of its steps under a hook. */
export function hooked(sequencer: Sequencer, hook: Hook): Sequencer {
  const under = <P extends object>(port: P, name: string): P =>
    new Proxy(port, {
      get(target, property) {
        const value: unknown = Reflect.get(target, property, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) =>
          hook(
            `${name}.${String(property)}`,
            async () => Reflect.apply(value, target, args) as Promise<unknown>,
          );
      },
    });
  const { outbox, sequence, log, signer, cosigner, announcer } = sequencer;
  return {
    ...sequencer,
    outbox: under(outbox, 'outbox'),
    sequence: under(sequence, 'sequence'),
    log: under(log, 'log'),
    signer: under(signer, 'signer'),
    ...(cosigner && { cosigner: under(cosigner, 'cosigner') }),
    ...(announcer && { announcer: under(announcer, 'announcer') }),
  };
}
