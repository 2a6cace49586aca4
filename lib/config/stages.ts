import path from 'node:path';
import { z } from 'zod';
import { dev } from './dev.ts';
import { local } from './local.ts';
import { prod } from './prod.ts';
import type { Settings } from './settings.ts';

const stages = { local, dev, prod };

/** Plain HTTP is for this machine alone: what is sent there holds leaked credentials. */
const addresses = z.record(
  z.string().regex(/^[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*$/),
  z.union([
    z.url({ protocol: /^https$/ }),
    z.url({ protocol: /^http$/, hostname: /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/ }),
  ]),
);

/**
 * The settings of one stage.
 * @param context reads a synth-time context value: `stage` (local, dev, prod; dev by default), `architecture`,
 *   `shipperHost` (lambda, fargate, own), `providerAddresses` (JSON, beside those of the stage) and `rotationPolicies`
 *   (a file as `npm run build:rotation` packs it, in place of the project's)
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
  const set = addresses.safeParse(readJson(context('providerAddresses') ?? '{}'));
  if (!set.success) {
    throw new Error(
      '-c providerAddresses=… is not understood: use JSON such as {"gitlab.api":"https://gitlab.example.com"}; plain http is for this machine only.',
    );
  }
  const policies = z.string().min(1).optional().safeParse(context('rotationPolicies'));
  if (!policies.success)
    throw new Error('-c rotationPolicies=… is not understood: name a file with packed policies of rotation.');
  return {
    ...settings,
    architecture: architecture.data,
    shipper: { ...settings.shipper, host: host.data },
    rotation: { ...settings.rotation, ...(policies.data && { policies: path.resolve(policies.data) }) },
    revocation: {
      ...settings.revocation,
      addresses: { ...settings.revocation.addresses, ...set.data },
    },
  };
}

function readJson(text: unknown): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : text;
  } catch {
    return undefined;
  }
}
