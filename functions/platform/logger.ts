import { Logger, LogFormatter, LogItem } from '@aws-lambda-powertools/logger';
import type { LogAttributes, UnformattedAttributes } from '@aws-lambda-powertools/logger/types';

/**
 * One JSON object a line: `timestamp`, `level`, `event`, `service`, then what the caller adds
 * (`correlation_id`, `secret_type`, `severity`, `hypercore_position`, `bzzz_message_id`, `redacted_content`, …).
 */
class HouseFormat extends LogFormatter {
  override formatAttributes(attributes: UnformattedAttributes, additional: LogAttributes): LogItem {
    return new LogItem({
      attributes: {
        timestamp: this.formatTimestamp(attributes.timestamp),
        level: attributes.logLevel,
        event: attributes.message,
        service: attributes.serviceName,
        request_id: attributes.lambdaContext?.awsRequestId,
      },
    }).addAttributes(additional);
  }
}

/** The service's logger. Hand it ids, counts and redacted text; never an event, an entry or an SDK's whole error. */
export function createLogger(service: string): Logger {
  return new Logger({ serviceName: service, logFormatter: new HouseFormat() });
}

/**
 * What may be logged of a thrown value: its name and message's first 300 characters would still risk quoting input,
 * so parse errors must be summarised by the one who parses; SDK errors carry only service wording.
 */
export function describeError(error: unknown): { error_name: string; error_message: string } {
  if (error instanceof Error) return { error_name: error.name, error_message: error.message.slice(0, 300) };
  return { error_name: 'NonError', error_message: 'a value that is no Error was thrown' };
}
