import { paginateListStackResources, type CloudFormationClient } from '@aws-sdk/client-cloudformation';

/** What is deployed, by the names that AWS knows it by. */
export interface DeployedResources {
  readonly buckets: readonly string[];
  readonly keys: readonly string[];
  readonly tables: readonly string[];
  readonly logGroups: readonly string[];
  /** URLs. */
  readonly queues: readonly string[];
  readonly alarms: readonly string[];
}

const KINDS: Readonly<Record<string, keyof DeployedResources>> = {
  'AWS::S3::Bucket': 'buckets',
  'AWS::KMS::Key': 'keys',
  'AWS::DynamoDB::Table': 'tables',
  'AWS::DynamoDB::GlobalTable': 'tables',
  'AWS::Logs::LogGroup': 'logGroups',
  'AWS::SQS::Queue': 'queues',
  'AWS::CloudWatch::Alarm': 'alarms',
};

/**
 * What CloudFormation has deployed: all of it, so that no list can forget a bucket.
 * @param stacks their names
 * @throws where one of them cannot be read
 */
export async function listDeployed(
  client: CloudFormationClient,
  stacks: readonly string[],
): Promise<DeployedResources> {
  const found: Record<keyof DeployedResources, string[]> = {
    ...{ buckets: [], keys: [], tables: [], logGroups: [], queues: [], alarms: [] },
  };
  for (const StackName of stacks)
    for await (const page of paginateListStackResources({ client }, { StackName }))
      for (const {
        ResourceType = '',
        PhysicalResourceId: id,
        ResourceStatus = '',
      } of page.StackResourceSummaries ?? []) {
        const kind = KINDS[ResourceType];
        if (kind !== undefined && id !== undefined && !ResourceStatus.startsWith('DELETE_'))
          found[kind].push(id);
      }
  return found;
}
