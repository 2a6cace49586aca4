import { z } from 'zod';
import { readAssembly } from './assembly.ts';
import { createClients, type Clients } from './clients.ts';
import { mismatchesOf, type Mismatch } from './compare.ts';
import { READERS } from './readers/index.ts';
import type { Properties } from './readers/reader.ts';
import { findDeployed, Resolver, Unresolvable, type DeployedStack } from './resolve.ts';

/** A resource as it was asked for. */
export interface AskedResource {
  readonly stack: string;
  /** The construct's path in the app, or the logical id where the template does not tell it. */
  readonly path: string;
  readonly type: string;
  readonly physicalId: string;
  readonly asked: Properties;
}

/** Something that is not as the template asked. */
export interface Difference extends Mismatch {
  readonly resource: AskedResource;
}

/** Resources looked at, and what is not as asked. */
export interface Comparison {
  readonly resources: number;
  readonly differences: readonly Difference[];
}

/**
 * Reads every resource of an assembly's stacks back through the services' own APIs and compares it with the template.
 * A resource of a type that cannot be read, or a property whose value cannot be worked out, is a difference as well.
 */
export async function compareDeployed(endpoint: string, assemblyDir: string): Promise<Comparison> {
  const clients = createClients(endpoint);
  const stacks = await findDeployed(clients, await readAssembly(assemblyDir));
  const resolver = new Resolver(clients, stacks);
  const perResource = await Promise.all(
    stacks.flatMap((stack) =>
      Object.keys(stack.template.Resources).map((logicalId) =>
        compareResource(clients, resolver, stack, logicalId),
      ),
    ),
  );
  return { resources: perResource.length, differences: perResource.flat() };
}

async function compareResource(
  clients: Clients,
  resolver: Resolver,
  stack: DeployedStack,
  logicalId: string,
): Promise<Difference[]> {
  const declared = stack.template.Resources[logicalId];
  if (!declared) return [];
  const resource = {
    stack: stack.name,
    path: declared.Metadata?.['aws:cdk:path']?.replace(/\/Resource$/, '') ?? `${stack.name}/${logicalId}`,
    type: declared.Type,
    physicalId: stack.physicalIds.get(logicalId) ?? '',
    asked: declared.Properties,
  };
  const read = READERS.get(declared.Type);
  if (!read) return [{ resource, property: '', asked: `a reader for ${declared.Type}`, found: undefined }];
  try {
    const asked: Properties = {};
    for (const [key, value] of Object.entries(declared.Properties))
      asked[key] = await resolver.resolve(value, stack);
    const found = await read(resource.physicalId, clients, asked);
    const resolved = { ...resource, asked };
    if (!found) return [{ resource: resolved, property: '', asked: 'the resource', found: undefined }];
    return mismatchesOf(asked, { ...found, Tags: ownTags(found['Tags']) }).map((mismatch) => ({
      resource: resolved,
      ...mismatch,
    }));
  } catch (error) {
    if (!(error instanceof Unresolvable)) throw error;
    return [{ resource, property: '', asked: error.message, found: undefined }];
  }
}

const Tag = z.looseObject({ Key: z.string() });

/** Without those that CloudFormation adds by itself. */
function ownTags(tags: unknown): unknown {
  if (!Array.isArray(tags)) return tags;
  return tags.filter((tag) => !Tag.safeParse(tag).data?.Key.startsWith('aws:'));
}
