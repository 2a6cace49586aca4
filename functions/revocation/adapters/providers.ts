/** All providers, ready for the workflow: each behind the guard that lets no secret out. */
import type { IAMClient } from '@aws-sdk/client-iam';
import type { Clock } from '../../kernel/clock.ts';
import { providerPack, type ProviderDeclaration } from '../domain/declaration.ts';
import type { KnownProvider } from '../domain/begin-revocation.ts';
import type { RevocationProvider } from '../domain/provider.ts';
import { ABOUT_AWS, createAwsProvider, hiddenInAwsCredential, type AwsProviderOptions } from './aws-iam.ts';
import { createDeclaredProvider } from './declared-provider.ts';
import { ABOUT_GITHUB, createGithubProvider } from './github.ts';
import { guardSecrets } from './guard-secrets.ts';
import { createHookProvider } from './hook.ts';
import type { KnownSettings, ProviderSettings } from './provider-settings.ts';
import { createWithheldProvider } from './withheld-provider.ts';
import type { Http } from '../../platform/http.ts';
import pack from '../providers.json' with { type: 'json' };

/** Names of the addresses of what is not declared. IAM itself is asked with our own role, wherever the SDK finds it. */
const AWS_ADDRESS = 'aws.sts';
const GITHUB_ADDRESS = 'github.api';

/** Where providers are, and which of them are on. */
export interface Addresses {
  /** Addresses that differ from the public ones, by name: `gitlab.api`, `github.api`, `vault.api`, `aws.sts`. */
  readonly baseUrls: Readonly<Record<string, string>>;
  /** Where not, a provider is off unless each of its addresses is set above: nothing is sent to a public one. */
  readonly publicProviders: boolean;
}

export interface ProvidersOptions extends Addresses {
  readonly http: Http;
  readonly clock: Clock;
  /** The revoker's own credentials at the providers, and teams' own automation. */
  readonly settings: ProviderSettings;
  readonly aws: {
    readonly iam: IAMClient;
    readonly stsFor: AwsProviderOptions['stsFor'];
    readonly account: string;
  };
}

/**
 * @returns one provider for each declaration, AWS and GitHub; where a hook is set for a provider, it takes the place of
 * that provider's own revocation, and where it cannot be told whether one is, nothing is taken away. No type of secret
 * is in two of them.
 * @throws Error where the pack does not have this version's form, and where an address is nobody's: a name that is
 * spelt wrong would send what leaked to the public address
 */
export function createProviders(options: ProvidersOptions): readonly RevocationProvider[] {
  const { http, clock, settings, baseUrls } = options;
  const { providers, canaryAccounts } = providerPack.parse(pack);
  const github = baseUrls[GITHUB_ADDRESS];
  const isOn = switchOf(options, providers);
  const behindHook = (inner: RevocationProvider): RevocationProvider => {
    const hook = settings.hooks.get(inner.provider) ?? settings.otherwise;
    if (hook === undefined) return inner;
    return 'outcome' in hook
      ? createWithheldProvider(inner, hook)
      : createHookProvider({ inner, ...hook, http, clock });
  };
  const own = {
    own: (name: string) => Promise.resolve(settings.own.get(name)),
    ownProblem: settings.ownProblem,
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
      .filter((each) => isOn(declaredAddresses(each)))
      .map((declaration) =>
        guardSecrets(
          behindHook(createDeclaredProvider(declaration, { http, ...own, baseUrls })),
          declaration.foundIsId === true ? () => [] : undefined,
        ),
      ),
  ];
}

const declaredAddresses = ({ name, bases }: ProviderDeclaration): readonly string[] =>
  Object.keys(bases).map((base) => `${name}.${base}`);

/**
 * What is known of every provider without asking it, wherever it is and whether or not it is on.
 * @throws Error where the pack does not have this version's form, or an address is nobody's
 */
export function knownProviders(where: Addresses): readonly KnownProvider[] {
  const { providers } = providerPack.parse(pack);
  const isOn = switchOf(where, providers);
  return [
    { ...ABOUT_AWS, isOn: isOn([AWS_ADDRESS]) },
    { ...ABOUT_GITHUB, isOn: isOn([GITHUB_ADDRESS]) },
    ...providers.map((each) => ({ ...each, isOn: isOn(declaredAddresses(each)) })),
  ];
}

/**
 * What may be set for providers, as the declarations have it.
 * @throws Error where the pack does not have this version's form
 */
export function knownSettings(): KnownSettings {
  const { providers } = providerPack.parse(pack);
  return {
    own: new Map(
      providers.flatMap(({ name, own }) => {
        const members = Object.keys(own);
        return members.length === 0 ? [] : [[name, members]];
      }),
    ),
    hooks: new Set([ABOUT_AWS.provider, ABOUT_GITHUB.provider, ...providers.map(({ provider }) => provider)]),
  };
}

/** @throws Error where an address is nobody's */
function switchOf(
  { baseUrls, publicProviders }: Addresses,
  providers: readonly ProviderDeclaration[],
): (addresses: readonly string[]) => boolean {
  const known = [AWS_ADDRESS, GITHUB_ADDRESS, ...providers.flatMap(declaredAddresses)];
  const stray = Object.keys(baseUrls).find((name) => !known.includes(name));
  if (stray !== undefined) throw new Error(`No provider has an address of the name ${stray}.`);
  return (addresses) => publicProviders || addresses.every((name) => baseUrls[name] !== undefined);
}

/** The provider that knows how to revoke secrets of this type; undefined where none does. */
export function providerFor(
  providers: readonly RevocationProvider[],
  secretType: string,
): RevocationProvider | undefined {
  return providers.find(({ secretTypes }) => secretTypes.includes(secretType));
}
