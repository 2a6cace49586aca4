import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

const Resource = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  Metadata: z.looseObject({ 'aws:cdk:path': z.string().optional() }).optional(),
  Condition: z.string().optional(),
});
const Output = z.object({
  Value: z.unknown(),
  Export: z.object({ Name: z.unknown() }).optional(),
});
const Template = z.object({
  Resources: z.record(z.string(), Resource).default({}),
  Outputs: z.record(z.string(), Output).default({}),
});
const Manifest = z.object({
  artifacts: z.record(
    z.string(),
    z.looseObject({
      type: z.string(),
      properties: z
        .looseObject({ templateFile: z.string().optional(), stackName: z.string().optional() })
        .optional(),
    }),
  ),
});

/** A stack as it was asked for. */
export interface AskedStack {
  readonly name: string;
  readonly template: z.infer<typeof Template>;
}

/**
 * Reads the stacks of a cloud assembly, which `cdk synth` writes.
 * @throws Error if there is no stack in it: a check of nothing must not pass
 */
export async function readAssembly(directory: string): Promise<AskedStack[]> {
  const manifest = Manifest.parse(JSON.parse(await readFile(path.join(directory, 'manifest.json'), 'utf8')));
  const stacks: AskedStack[] = [];
  for (const [id, { type, properties }] of Object.entries(manifest.artifacts)) {
    if (type !== 'aws:cloudformation:stack' || properties?.templateFile === undefined) continue;
    const text = await readFile(path.join(directory, properties.templateFile), 'utf8');
    stacks.push({ name: properties.stackName ?? id, template: Template.parse(JSON.parse(text)) });
  }
  if (stacks.length === 0)
    throw new Error(`There is no stack in the assembly ${directory}: run \`cdk synth\`.`);
  return stacks;
}
