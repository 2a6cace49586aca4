/** Works out what a template's intrinsic functions stand for, by the ids that the deployed resources got. */
import { DescribeStackResourcesCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { z } from 'zod';
import type { AskedStack } from './assembly.ts';
import type { Clients } from './clients.ts';

/** A stack with what became of it. */
export interface DeployedStack extends AskedStack {
  readonly id: string;
  /** By logical id. */
  readonly physicalIds: ReadonlyMap<string, string>;
}

/** @throws Error if a stack was not deployed */
export async function findDeployed(clients: Clients, asked: readonly AskedStack[]): Promise<DeployedStack[]> {
  return Promise.all(
    asked.map(async (stack) => {
      const [{ Stacks = [] }, { StackResources = [] }] = await Promise.all([
        clients.cloudFormation.send(new DescribeStacksCommand({ StackName: stack.name })),
        clients.cloudFormation.send(new DescribeStackResourcesCommand({ StackName: stack.name })),
      ]);
      return {
        ...stack,
        id: Stacks[0]?.StackId ?? '',
        physicalIds: new Map(
          StackResources.map((resource) => [
            resource.LogicalResourceId ?? '',
            resource.PhysicalResourceId ?? '',
          ]),
        ),
      };
    }),
  );
}

/** An intrinsic function or attribute that this file does not know; the caller makes it a difference. */
export class Unresolvable extends Error {
  override readonly name = 'Unresolvable';
}

/** Stands for `AWS::NoValue`: the property is as if it had not been written. */
const NO_VALUE = Symbol('AWS::NoValue');

const Pair = z.tuple([z.string(), z.unknown()]);

export class Resolver {
  readonly #clients: Clients;
  readonly #stacks: ReadonlyMap<string, DeployedStack>;

  constructor(clients: Clients, stacks: readonly DeployedStack[]) {
    this.#clients = clients;
    this.#stacks = new Map(stacks.map((stack) => [stack.name, stack]));
  }

  /** @throws Unresolvable */
  async resolve(value: unknown, stack: DeployedStack): Promise<unknown> {
    if (Array.isArray(value)) {
      const items: unknown[] = value;
      return (await Promise.all(items.map((item) => this.resolve(item, stack)))).filter(
        (item) => item !== NO_VALUE,
      );
    }
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value);
    const [first] = entries;
    if (first && entries.length === 1 && (first[0] === 'Ref' || first[0].startsWith('Fn::'))) {
      return this.#call(first[0], first[1], stack);
    }
    const resolved = await Promise.all(
      entries.map(async ([key, item]): Promise<[string, unknown]> => [key, await this.resolve(item, stack)]),
    );
    return Object.fromEntries(resolved.filter(([, item]) => item !== NO_VALUE));
  }

  async #call(name: string, argument: unknown, stack: DeployedStack): Promise<unknown> {
    switch (name) {
      case 'Ref':
        return this.#ref(z.string().parse(argument), stack);
      case 'Fn::GetAtt': {
        const [id, attribute] =
          typeof argument === 'string' ? argument.split('.', 2) : z.array(z.string()).parse(argument);
        return this.#attribute(id ?? '', attribute ?? '', stack);
      }
      case 'Fn::Join': {
        const [separator, parts] = Pair.parse(argument);
        return z
          .array(z.string())
          .parse(await this.resolve(parts, stack))
          .join(separator);
      }
      case 'Fn::Split': {
        const [separator, text] = Pair.parse(argument);
        return z
          .string()
          .parse(await this.resolve(text, stack))
          .split(separator);
      }
      case 'Fn::Select': {
        const [index, list] = z.tuple([z.coerce.number(), z.unknown()]).parse(argument);
        return z.array(z.unknown()).parse(await this.resolve(list, stack))[index];
      }
      case 'Fn::Sub':
        return this.#substitute(argument, stack);
      case 'Fn::GetStackOutput': {
        const asked = z.object({ StackName: z.string(), OutputName: z.string() }).parse(argument);
        return this.#output(asked.StackName, asked.OutputName);
      }
      case 'Fn::ImportValue':
        return this.#exported(await this.resolve(argument, stack));
      default:
        throw new Unresolvable(`${name} is not understood`);
    }
  }

  #ref(name: string, stack: DeployedStack): unknown {
    const pseudo: Record<string, unknown> = {
      'AWS::AccountId': this.#clients.account,
      'AWS::NoValue': NO_VALUE,
      'AWS::Partition': 'aws',
      'AWS::Region': this.#clients.region,
      'AWS::StackId': stack.id,
      'AWS::StackName': stack.name,
      'AWS::URLSuffix': 'amazonaws.com',
    };
    if (name in pseudo) return pseudo[name];
    return this.#physicalId(name, stack);
  }

  #physicalId(logicalId: string, stack: DeployedStack): string {
    const id = stack.physicalIds.get(logicalId);
    if (id === undefined || id === '') throw new Unresolvable(`${logicalId} was not created`);
    return id;
  }

  async #substitute(argument: unknown, stack: DeployedStack): Promise<string> {
    const [text, own] =
      typeof argument === 'string'
        ? [argument, {}]
        : z.tuple([z.string(), z.record(z.string(), z.unknown())]).parse(argument);
    let result = '';
    for (const piece of text.split(/(\$\{[^}]+\})/)) {
      const name = /^\$\{([^!][^}]*)\}$/.exec(piece)?.[1];
      if (name === undefined) result += piece.replace('${!', '${');
      else if (name in own) result += String(await this.resolve(own[name], stack));
      else if (name.includes('.')) result += String(await this.#call('Fn::GetAtt', name, stack));
      else result += String(this.#ref(name, stack));
    }
    return result;
  }

  /** From the other stack's template, not from what the emulator says its output is. */
  async #output(stackName: string, outputName: string): Promise<unknown> {
    const other = this.#stacks.get(stackName);
    const output = other?.template.Outputs[outputName];
    if (!other || !output) throw new Unresolvable(`the stack ${stackName} has no output ${outputName}`);
    return this.resolve(output.Value, other);
  }

  async #exported(name: unknown): Promise<unknown> {
    for (const stack of this.#stacks.values()) {
      for (const [key, { Export }] of Object.entries(stack.template.Outputs)) {
        if (Export && (await this.resolve(Export.Name, stack)) === name) return this.#output(stack.name, key);
      }
    }
    throw new Unresolvable(`no stack exports ${String(name)}`);
  }

  async #attribute(logicalId: string, attribute: string, stack: DeployedStack): Promise<string> {
    const type = stack.template.Resources[logicalId]?.Type ?? 'nothing';
    const id = this.#physicalId(logicalId, stack);
    const { account, region } = this.#clients;
    const arn = (service: string, rest: string): string => `arn:aws:${service}:${region}:${account}:${rest}`;
    switch (`${type}.${attribute}`) {
      case 'AWS::DynamoDB::Table.Arn':
        return arn('dynamodb', `table/${id}`);
      case 'AWS::DynamoDB::Table.StreamArn': {
        const { Table } = await this.#clients.dynamo.send(new DescribeTableCommand({ TableName: id }));
        return Table?.LatestStreamArn ?? '(the table has no stream)';
      }
      case 'AWS::Events::EventBus.Arn':
        return arn('events', `event-bus/${id}`);
      case 'AWS::Events::EventBus.Name':
        return id;
      case 'AWS::Events::Rule.Arn':
        return arn('events', `rule/${await this.#rulePath(logicalId, id, stack)}`);
      case 'AWS::IAM::Role.Arn':
        return `arn:aws:iam::${account}:role/${id}`;
      case 'AWS::KMS::Key.Arn':
        return arn('kms', `key/${id}`);
      case 'AWS::Lambda::Function.Arn':
        return arn('lambda', `function:${id}`);
      case 'AWS::Logs::LogGroup.Arn':
        return arn('logs', `log-group:${id}:*`);
      case 'AWS::S3::Bucket.Arn':
        return `arn:aws:s3:::${id}`;
      case 'AWS::StepFunctions::StateMachine.Arn':
        return id;
      case 'AWS::StepFunctions::StateMachine.Name':
        return id.split(':').at(-1) ?? '';
      case 'AWS::SNS::Topic.TopicArn':
        return id;
      case 'AWS::SNS::Topic.TopicName':
      case 'AWS::SQS::Queue.QueueName':
        return id.split(/[:/]/).at(-1) ?? '';
      case 'AWS::SQS::Queue.Arn':
        return arn('sqs', id.split('/').at(-1) ?? '');
      default:
        throw new Unresolvable(`the attribute ${attribute} of ${type} is not understood`);
    }
  }

  /** A rule on a bus of one's own has the bus in its ARN, and in its physical id before a bar. */
  async #rulePath(logicalId: string, id: string, stack: DeployedStack): Promise<string> {
    const name = id.split('|').at(-1) ?? id;
    const bus = await this.resolve(stack.template.Resources[logicalId]?.Properties['EventBusName'], stack);
    return typeof bus === 'string' && bus !== 'default' ? `${bus}/${name}` : name;
  }
}
