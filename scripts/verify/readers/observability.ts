import {
  DescribeAlarmsCommand,
  ListTagsForResourceCommand as ListAlarmTagsCommand,
} from '@aws-sdk/client-cloudwatch';
import {
  DescribeLogGroupsCommand,
  ListTagsForResourceCommand as ListLogTagsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { tagList, type Reader } from './reader.ts';

export const readLogGroup: Reader = async (LogGroupName, { logs }) => {
  const { logGroups = [] } = await logs.send(
    new DescribeLogGroupsCommand({ logGroupNamePrefix: LogGroupName }),
  );
  const group = logGroups.find(({ logGroupName }) => logGroupName === LogGroupName);
  if (!group) return undefined;
  const { tags } = await logs.send(new ListLogTagsCommand({ resourceArn: group.arn?.replace(/:\*$/, '') }));
  return {
    LogGroupName,
    KmsKeyId: group.kmsKeyId,
    RetentionInDays: group.retentionInDays,
    Tags: tagList(tags),
  };
};

export const readAlarm: Reader = async (AlarmName, { cloudWatch }) => {
  const { MetricAlarms = [] } = await cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: [AlarmName] }));
  const [alarm] = MetricAlarms;
  if (!alarm) return undefined;
  const { Tags } = await cloudWatch.send(new ListAlarmTagsCommand({ ResourceARN: alarm.AlarmArn }));
  return { ...alarm, Tags };
};
