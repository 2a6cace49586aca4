import {
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
} from '@aws-sdk/client-iam';
import {
  DescribeKeyCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  ListAliasesCommand,
  ListResourceTagsCommand,
} from '@aws-sdk/client-kms';
import { DescribeSecretCommand, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { common, documentOf, name, names, orAbsent, type Reader } from './reader.ts';

export const readRole: Reader = async (RoleName, { iam }) => {
  const read = await orAbsent(iam.send(new GetRoleCommand({ RoleName })));
  const role = read?.Role;
  if (!role) return undefined;
  const [attached, inline] = await Promise.all([
    iam.send(new ListAttachedRolePoliciesCommand({ RoleName })),
    iam.send(new ListRolePoliciesCommand({ RoleName })),
  ]);
  const Policies = await Promise.all(
    (inline.PolicyNames ?? []).map(async (PolicyName) => {
      const { PolicyDocument } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
      return { PolicyName, PolicyDocument: documentOf(PolicyDocument) };
    }),
  );
  return {
    RoleName,
    AssumeRolePolicyDocument: documentOf(role.AssumeRolePolicyDocument),
    Description: role.Description,
    ManagedPolicyArns: (attached.AttachedPolicies ?? []).map(({ PolicyArn }) => PolicyArn),
    MaxSessionDuration: role.MaxSessionDuration,
    Path: role.Path,
    Policies,
    Tags: role.Tags,
  };
};

export const readRolePolicy: Reader = async (_, { iam }, asked) => {
  const PolicyName = name(asked['PolicyName']);
  const roles = names(asked['Roles']);
  const documents = await Promise.all(
    roles.map(async (RoleName) => {
      const read = await orAbsent(iam.send(new GetRolePolicyCommand({ RoleName, PolicyName })));
      return documentOf(read?.PolicyDocument);
    }),
  );
  return {
    PolicyName,
    Roles: roles.filter((_role, index) => documents[index] !== undefined),
    PolicyDocument: common(documents),
  };
};

export const readManagedPolicy: Reader = async (PolicyArn, { iam }) => {
  const read = await orAbsent(iam.send(new GetPolicyCommand({ PolicyArn })));
  if (!read?.Policy) return undefined;
  const { PolicyVersion } = await iam.send(
    new GetPolicyVersionCommand({ PolicyArn, VersionId: read.Policy.DefaultVersionId }),
  );
  const { Description, Path, Tags } = read.Policy;
  return { Description, Path, PolicyDocument: documentOf(PolicyVersion?.Document), Tags };
};

export const readKey: Reader = async (KeyId, { kms }) => {
  const read = await orAbsent(kms.send(new DescribeKeyCommand({ KeyId })));
  const key = read?.KeyMetadata;
  if (!key) return undefined;
  const [policy, tags, rotation] = await Promise.all([
    kms.send(new GetKeyPolicyCommand({ KeyId, PolicyName: 'default' })),
    kms.send(new ListResourceTagsCommand({ KeyId })),
    key.KeySpec === 'SYMMETRIC_DEFAULT' ? kms.send(new GetKeyRotationStatusCommand({ KeyId })) : undefined,
  ]);
  return {
    Description: key.Description,
    Enabled: key.Enabled,
    EnableKeyRotation: rotation?.KeyRotationEnabled ?? false,
    KeyPolicy: documentOf(policy.Policy),
    KeySpec: key.KeySpec,
    KeyUsage: key.KeyUsage,
    MultiRegion: key.MultiRegion,
    RotationPeriodInDays: rotation?.RotationPeriodInDays,
    Tags: (tags.Tags ?? []).map(({ TagKey, TagValue }) => ({ Key: TagKey, Value: TagValue })),
  };
};

export const readKeyAlias: Reader = async (AliasName, { kms }, asked) => {
  const { Aliases = [] } = await kms.send(new ListAliasesCommand({}));
  const alias = Aliases.find((candidate) => candidate.AliasName === AliasName);
  if (!alias) return undefined;
  const target = alias.TargetKeyId ?? '';
  // A template may give the key's ARN, the API answers with its id.
  return {
    AliasName,
    TargetKeyId: name(asked['TargetKeyId']).endsWith(`key/${target}`) ? asked['TargetKeyId'] : target,
  };
};

/** The value only where the template gives one: it is the first, and a person replaces it. */
export const readSecret: Reader = async (SecretId, { secrets }, asked) => {
  const secret = await orAbsent(secrets.send(new DescribeSecretCommand({ SecretId })));
  if (!secret) return undefined;
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId }));
  return {
    Name: secret.Name,
    Description: secret.Description,
    KmsKeyId: secret.KmsKeyId,
    SecretString: SecretString === '{}' ? SecretString : asked['SecretString'],
    Tags: secret.Tags,
  };
};
