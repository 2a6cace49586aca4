import { DescribeStateMachineCommand, ListTagsForResourceCommand } from '@aws-sdk/client-sfn';
import { orAbsent, type Reader } from './reader.ts';

export const readStateMachine: Reader = async (stateMachineArn, { sfn }) => {
  const read = await orAbsent(sfn.send(new DescribeStateMachineCommand({ stateMachineArn })));
  if (!read) return undefined;
  const { tags = [] } = await sfn.send(new ListTagsForResourceCommand({ resourceArn: stateMachineArn }));
  const { destinations = [], ...logging } = read.loggingConfiguration ?? {};
  return {
    StateMachineName: read.name,
    StateMachineType: read.type,
    RoleArn: read.roleArn,
    DefinitionString: read.definition,
    LoggingConfiguration: {
      IncludeExecutionData: logging.includeExecutionData,
      Level: logging.level,
      Destinations: destinations.map(({ cloudWatchLogsLogGroup }) => ({
        CloudWatchLogsLogGroup: { LogGroupArn: cloudWatchLogsLogGroup?.logGroupArn },
      })),
    },
    // Absent means off.
    TracingConfiguration: { Enabled: read.tracingConfiguration?.enabled ?? false },
    Tags: tags.map(({ key, value }) => ({ Key: key, Value: value })),
  };
};
