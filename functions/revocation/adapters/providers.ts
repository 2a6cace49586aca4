/** All providers, ready for the workflow: each behind the guard that lets no secret out. */
import type { IAMClient } from '@aws-sdk/client-iam';
import type { Clock } from '../../kernel/clock.ts';
import type { Redacted } from '../../kernel/redacted.ts';
import { providerPack, type ProviderDeclaration } from '../domain/declaration.ts';
import type { RevocationProvider } from '../domain/provider.ts';
import { ABOUT_AWS, createAwsProvider, hiddenInAwsCredential, type AwsProviderOptions } from './aws-iam.ts';
import { createDeclaredProvider, type OwnCredentials } from './declared-provider.ts';
import { ABOUT_GITHUB, createGithubProvider } from './github.ts';
import { guardSecrets } from './guard-secrets.ts';
import { createHookProvider } from './hook.ts';
import type { Http } from './http.ts';
import pack from '../providers.json' with { type: 'json' };

/** Names of the addresses of what is not declared. IAM itself is asked with our own role, wherever the SDK finds it. */
const AWS_ADDRESS = 'aws.sts';
const GITHUB_ADDRESS = 'github.api';

export interface ProvidersOptions {
  readonly http: Http;
  readonly clock: Clock;
  /** The revoker's own credentials at the providers, by name: `anthropic.adminKey`. */
  readonly own: OwnCredentials;
  /** Addresses that differ from the public ones, by name: `gitlab.api`, `github.api`, `vault.api`, `aws.sts`. */
  readonly baseUrls: Readonly<Record<string, string>>;
  /** Where not, a provider is left out unless each of its addresses is set above: nothing is sent to a public one. */
  readonly publicProviders: boolean;
  readonly aws: {
    readonly iam: IAMClient;
    readonly stsFor: AwsProviderOptions['stsFor'];
    readonly account: string;
  };
  /** Teams' own automation by provider, e.g. `aws`: where it listens and the key that both sides know. */
  readonly hooks: Readonly<Record<string, { readonly url: string; readonly key: Redacted }>>;
}

/**
 * @returns one provider for each declaration, AWS and GitHub; where a hook is set for a provider, it takes the place of
 * that provider's own revocation. No type of secret is in two of them.
 * @throws Error where the pack does not have this version's form, and where an address is nobody's: a name that is
 * spelt wrong would send what leaked to the public address
 */
export function createProviders(options: ProvidersOptions): readonly RevocationProvider[] {
  const { http, clock, own, baseUrls, hooks, publicProviders } = options;
  const { providers, canaryAccounts } = providerPack.parse(pack);
  const github = baseUrls[GITHUB_ADDRESS];
  const addressesOf = new Map(providers.map((each) => [each, declaredAddresses(each)]));
  const known = [AWS_ADDRESS, GITHUB_ADDRESS, ...[...addressesOf.values()].flat()];
  const stray = Object.keys(baseUrls).find((name) => !known.includes(name));
  if (stray !== undefined) throw new Error(`No provider has an address of the name ${stray}.`);
  const isOn = (addresses: readonly string[]) =>
    publicProviders || addresses.every((name) => baseUrls[name] !== undefined);
  const behindHook = (inner: RevocationProvider): RevocationProvider => {
    const hook = hooks[inner.provider];
    return hook === undefined ? inner : createHookProvider({ inner, ...hook, http, clock });
  };
  return [
    ...(isOn([AWS_ADDRESS])
      ? [
          guardSecrets(
            behindHook(createAwsProvider({ ...options.aws, canaryAccounts, clock })),
            hiddenInAwsCredential,
          ),
        ]
      : []),
    ...(isOn([GITHUB_ADDRESS])
      ? [
          guardSecrets(
            behindHook(createGithubProvider({ http, ...(github !== undefined && { baseUrl: github }) })),
          ),
        ]
      : []),
    ...providers
      .filter((each) => isOn(addressesOf.get(each) ?? []))
      .map((declaration) =>
        guardSecrets(
          behindHook(createDeclaredProvider(declaration, { http, own, baseUrls })),
          declaration.foundIsId === true ? () => [] : undefined,
        ),
      ),
  ];
}

const declaredAddresses = ({ name, bases }: ProviderDeclaration): readonly string[] =>
  Object.keys(bases).map((base) => `${name}.${base}`);

/** What is known of every provider without asking it, wherever it is and whether or not it is on. */
export type KnownProvider = Pick<
  RevocationProvider,
  'provider' | 'secretTypes' | 'needsSecret' | 'manualSteps'
>;

/** @throws Error where the pack does not have this version's form */
export function knownProviders(): readonly KnownProvider[] {
  return [ABOUT_AWS, ABOUT_GITHUB, ...providerPack.parse(pack).providers];
}

/** The provider that knows how to revoke secrets of this type; undefined where none does. */
export function providerFor(
  providers: readonly RevocationProvider[],
  secretType: string,
): RevocationProvider | undefined {
  return providers.find(({ secretTypes }) => secretTypes.includes(secretType));
}
