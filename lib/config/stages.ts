import { z } from 'zod';
import { dev } from './dev.ts';
import { local } from './local.ts';
import { prod } from './prod.ts';
import type { Settings } from './settings.ts';

const stages = { local, dev, prod };

/**
 * The settings of one stage.
 * @param context reads a synth-time context value: `stage` (local, dev, prod; dev by default), `architecture`
 *   and `shipperHost` (lambda, fargate, own)
 * @throws Error naming the value that is not understood and the ones that are
 */
export function settingsFor(context: (key: string) => unknown): Settings {
  const stage = z.enum(['local', 'dev', 'prod']).safeParse(context('stage') ?? 'dev');
  if (!stage.success) {
    throw new Error(`-c stage=${String(context('stage'))} is no stage: use local, dev or prod.`);
  }
  const settings = stages[stage.data];
  const architecture = z
    .enum(['arm64', 'x86_64'])
    .safeParse(context('architecture') ?? settings.architecture);
  if (!architecture.success) {
    throw new Error(
      `-c architecture=${String(context('architecture'))} is no Lambda architecture: use arm64 or x86_64.`,
    );
  }
  const host = z
    .enum(['lambda', 'fargate', 'own'])
    .safeParse(context('shipperHost') ?? settings.shipper.host);
  if (!host.success) {
    throw new Error(
      `-c shipperHost=${String(context('shipperHost'))} is no host of the shipper: use lambda, fargate or own.`,
    );
  }
  return {
    ...settings,
    architecture: architecture.data,
    shipper: { ...settings.shipper, host: host.data },
  };
}
