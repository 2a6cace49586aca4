/** The service's description, made from the very schemas that it parses with. */
import { z } from 'zod';
import { apiError, checkRequest, checkResponse } from '../domain/guard-api.ts';

const healthAnswer = z
  .strictObject({
    status: z.literal('ok'),
    pack: z.string().meta({ description: 'Digest of the rules that hold.' }),
    checks: z.int().meta({ description: 'Messages judged since the start.' }),
    stopped: z.int().meta({ description: 'Of these, redacted or blocked.' }),
    reports: z
      .strictObject({ recorded: z.int(), waiting: z.int(), dropped: z.int(), refused: z.int() })
      .nullable()
      .meta({ description: 'Reports to the cloud; null where none is configured.' }),
  })
  .meta({ id: 'Health' });

const schemas = {
  CheckRequest: checkRequest,
  CheckResponse: checkResponse,
  Error: apiError,
  Health: healthAnswer,
};

type Json = Readonly<Record<string, unknown>>;

const jsonBody = (name: keyof typeof schemas): Json => ({
  content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } },
});
const answer = (description: string, name: keyof typeof schemas): Json => ({
  description,
  ...jsonBody(name),
});
const refusal = (description: string): Json => answer(description, 'Error');

/** OpenAPI 3.1, whose schemas are JSON Schema 2020-12, which is what zod writes. */
export function openApiDocument(): Json {
  const written = z.toJSONSchema(z.globalRegistry, {
    io: 'input',
    uri: (id) => `#/components/schemas/${id}`,
  }).schemas;
  const components = Object.fromEntries(
    Object.entries(written)
      .filter(([id]) => [...Object.keys(schemas), 'FoundSecret'].includes(id))
      .map(([id, schema]) => [
        id,
        Object.fromEntries(Object.entries(schema).filter(([key]) => key !== '$id' && key !== '$schema')),
      ]),
  );
  return {
    openapi: '3.1.0',
    info: {
      title: 'SHHH guard',
      version: '1',
      description:
        'Asks, before a message is sent, whether it holds a credential. Where the service cannot be reached or answers with an error, a sender that is closed by default sends nothing.',
    },
    paths: {
      '/v1/check': {
        post: {
          operationId: 'check',
          summary: 'Judges one message.',
          requestBody: { required: true, ...jsonBody('CheckRequest') },
          responses: {
            200: answer('The verdict, whatever it is.', 'CheckResponse'),
            400: refusal('The body is no JSON, or not of this form.'),
            408: refusal('The body did not come in time.'),
            413: refusal('The body is too large.'),
            415: refusal('The body is not sent as application/json.'),
            503: refusal('Too much is being checked already; try again after `Retry-After` seconds.'),
          },
        },
      },
      '/healthz': {
        get: {
          operationId: 'health',
          summary: 'Whether it runs, and under which rules.',
          responses: { 200: answer('It runs.', 'Health') },
        },
      },
      '/openapi.json': {
        get: {
          operationId: 'openapi',
          summary: 'This document.',
          responses: { 200: { description: 'OpenAPI 3.1', content: { 'application/json': {} } } },
        },
      },
    },
    components: { schemas: components },
  };
}
