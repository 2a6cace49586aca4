import {
  GetApiCommand,
  GetAuthorizerCommand,
  GetIntegrationCommand,
  GetRouteCommand,
  GetStageCommand,
} from '@aws-sdk/client-apigatewayv2';
import { name, orAbsent, type Reader } from './reader.ts';

export const readHttpApi: Reader = async (ApiId, { httpApis }) =>
  orAbsent(httpApis.send(new GetApiCommand({ ApiId })).then((read) => ({ ...read })));

export const readHttpAuthorizer: Reader = async (AuthorizerId, { httpApis }, asked) => {
  const ApiId = name(asked['ApiId']);
  const read = await orAbsent(httpApis.send(new GetAuthorizerCommand({ ApiId, AuthorizerId })));
  return read && { ...read, ApiId };
};

export const readHttpIntegration: Reader = async (IntegrationId, { httpApis }, asked) => {
  const ApiId = name(asked['ApiId']);
  const read = await orAbsent(httpApis.send(new GetIntegrationCommand({ ApiId, IntegrationId })));
  return read && { ...read, ApiId };
};

export const readHttpRoute: Reader = async (id, { httpApis }, asked) => {
  const ApiId = name(asked['ApiId']);
  // CloudFormation names a route by its id, the emulator's by the API's and the route's.
  const RouteId = id.split('/').at(-1);
  const read = await orAbsent(httpApis.send(new GetRouteCommand({ ApiId, RouteId })));
  return read && { ...read, ApiId };
};

export const readHttpStage: Reader = async (_, { httpApis }, asked) => {
  const ApiId = name(asked['ApiId']);
  const read = await orAbsent(
    httpApis.send(new GetStageCommand({ ApiId, StageName: name(asked['StageName']) })),
  );
  return read && { ...read, ApiId };
};
