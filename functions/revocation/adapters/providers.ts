/** All providers, ready for the workflow: each behind the guard that lets no secret out. */
import type { IAMClient } from '@aws-sdk/client-iam';
import type { Clock } from '../../kernel/clock.ts';
import type { Redacted } from '../../kernel/redacted.ts';
import { providerPack } from '../domain/declaration.ts';
import type { RevocationProvider } from '../domain/provider.ts';
import { createAwsProvider, hiddenInAwsCredential, type AwsProviderOptions } from './aws-iam.ts';
import { createDeclaredProvider, type OwnCredentials } from './declared-provider.ts';
import { createGithubProvider } from './github.ts';
import { guardSecrets } from './guard-secrets.ts';
import { createHookProvider } from './hook.ts';
import type { Http } from './http.ts';
import pack from '../providers.json' with { type: 'json' };

export interface ProvidersOptions {
  readonly http: Http;
  readonly clock: Clock;
  /** The revoker's own credentials at the providers, by name: `anthropic.adminKey`. */
  readonly own: OwnCredentials;
  /** Addresses that differ from the public ones, by name: `gitlab.api`, `github.api`, `vault.api`. */
  readonly baseUrls: Readonly<Record<string, string>>;
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
 * @throws Error where the pack does not have this version's form
 */
export function createProviders(options: ProvidersOptions): readonly RevocationProvider[] {
  const { http, clock, own, baseUrls, hooks } = options;
  const { providers, canaryAccounts } = providerPack.parse(pack);
  const github = baseUrls['github.api'];
  const behindHook = (inner: RevocationProvider): RevocationProvider => {
    const hook = hooks[inner.provider];
    return hook === undefined ? inner : createHookProvider({ inner, ...hook, http, clock });
  };
  return [
    guardSecrets(
      behindHook(createAwsProvider({ ...options.aws, canaryAccounts, clock })),
      hiddenInAwsCredential,
    ),
    guardSecrets(
      behindHook(createGithubProvider({ http, ...(github !== undefined && { baseUrl: github }) })),
    ),
    ...providers.map((declaration) =>
      guardSecrets(
        behindHook(createDeclaredProvider(declaration, { http, own, baseUrls })),
        declaration.foundIsId === true ? () => [] : undefined,
      ),
    ),
  ];
}

/** The provider that knows how to revoke secrets of this type; undefined where none does. */
export function providerFor(
  providers: readonly RevocationProvider[],
  secretType: string,
): RevocationProvider | undefined {
  return providers.find(({ secretTypes }) => secretTypes.includes(secretType));
}
