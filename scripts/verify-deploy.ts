/** `npm run verify:local`: is what runs on the emulator what the templates ask for? A green deploy does not say so. */
import { KNOWN_DIFFERENCES, type KnownDifference } from './emulator/known-differences.ts';
import { withAssembly } from './local/cdk.ts';
import { compareDeployed, type Difference } from './verify/differences.ts';

export interface Verification {
  /** How many resources were read back. */
  readonly resources: number;
  /** What differs and is not known: the deploy is not what it claims. */
  readonly differences: readonly Difference[];
  /** What differs and is on the list. */
  readonly known: readonly Difference[];
  /** Entries of the list that match nothing: the emulator can do it now, or the template no longer asks for it. */
  readonly outdated: readonly KnownDifference[];
}

export interface VerifyTarget {
  /** Address of the emulator. */
  readonly endpoint: string;
  /** What `cdk synth` wrote. */
  readonly assemblyDir: string;
  readonly knownDifferences?: readonly KnownDifference[];
}

/** Compares every resource of the assembly with what the services' own APIs say of it. */
export async function verifyDeploy(target: VerifyTarget): Promise<Verification> {
  const list = target.knownDifferences ?? KNOWN_DIFFERENCES;
  const { resources, differences } = await compareDeployed(target.endpoint, target.assemblyDir);
  return {
    resources,
    differences: differences.filter((difference) => !list.some((entry) => covers(entry, difference))),
    known: differences.filter((difference) => list.some((entry) => covers(entry, difference))),
    outdated: list.filter((entry) => !differences.some((difference) => covers(entry, difference))),
  };
}

function covers(entry: KnownDifference, { resource, property }: Difference): boolean {
  return (
    resource.type === entry.type && (property === entry.property || property.startsWith(`${entry.property}.`))
  );
}

/** @throws Error naming each resource and property, unless all is as asked */
export function assertAsAsked({ differences, outdated }: Verification): void {
  if (differences.length === 0 && outdated.length === 0) return;
  const lines = [
    ...differences.map(describe),
    ...outdated.map(
      ({ type, property }) =>
        `${type} ${property} is on the list of known differences and no longer differs: take it off`,
    ),
  ];
  throw new Error(
    `What is deployed is not what the templates ask for:\n${lines.map((line) => `  - ${line}`).join('\n')}`,
  );
}

/** A difference for a person: which construct, which property, what was asked and what is there. */
export function describe({ resource, property, asked, found }: Difference): string {
  return `${resource.path} (${resource.type})${property === '' ? '' : `: ${property}`}: asked for ${show(asked)}, found ${show(found)}`;
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : typeof value === 'string' ? value : JSON.stringify(value);
}

if (import.meta.main) {
  try {
    const endpoint = process.env['AWS_ENDPOINT_URL'];
    if (endpoint === undefined) {
      throw new Error('AWS_ENDPOINT_URL is not set: set what `npm run emulator` printed, and deploy first.');
    }
    const verification = await withAssembly({ endpoint, log: console.error }, (assemblyDir) =>
      verifyDeploy({ endpoint, assemblyDir }),
    );
    assertAsAsked(verification);
    console.error(`verify: ${verification.resources} resources are as the templates ask`);
    for (const difference of verification.known) console.error(`  known: ${describe(difference)}`);
  } catch (error) {
    console.error(`verify failed: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
