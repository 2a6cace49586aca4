/** What a program in Node uses to write into the audit log. */
export { createAuditLog, type Act, type AuditLogOptions } from './audit-log.ts';
export { AuditUnavailable, createAuditClient, type AuditClientOptions } from './http-client.ts';
