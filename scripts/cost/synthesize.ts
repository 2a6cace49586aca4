import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { createApp } from '../../lib/app.ts';
import { hostArchitecture, PROJECT_ROOT } from '../support/project.ts';
import { takeInventory, type Inventory } from './inventory.ts';

const cdkJson = z.object({ context: z.record(z.string(), z.unknown()) });
const stackTemplate = z.record(z.string(), z.unknown());

/**
 * Synthesizes the production stage and counts what it consists of. No function is bundled, and the layers are those of
 * this machine's architecture: neither changes a count, and prices are those of arm64 in any case.
 * @throws Error when a layer was not built yet, saying how to build it
 */
export function inventoryOfProduction(): Inventory {
  const outdir = mkdtempSync(path.join(tmpdir(), 'shhh-cost-'));
  try {
    const { context } = cdkJson.parse(JSON.parse(readFileSync(path.join(PROJECT_ROOT, 'cdk.json'), 'utf8')));
    const architecture = hostArchitecture() === 'arm64' ? 'arm64' : 'x86_64';
    const app = createApp({
      outdir,
      context: { ...context, stage: 'prod', architecture, 'aws:cdk:bundling-stacks': [] },
    });
    return takeInventory(app.synth().stacks.map((stack) => stackTemplate.parse(stack.template)));
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}
