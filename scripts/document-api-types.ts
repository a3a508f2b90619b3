import { addRoutes } from '../src/api/routes.js';
import { createServer } from '../src/api/server.js';
import { QuietTurns } from '../src/lib/quiet-turns.js';
import { SILENT_LOGGER } from '../src/lib/silent-logger.js';

/** Of a JSON schema, what the API's shapes use. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly nullable?: boolean;
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
}

interface Operation {
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema?: Schema;
  }[];
  readonly requestBody?: Content;
  readonly responses?: Readonly<Record<string, Content>>;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const HEAD = `// Made by \`npm run docs\` from the OpenAPI document of the daemon. Do not edit.

/** Every call of the API: what it takes and what it answers. */
export interface Api {
`;

/** The calls of the API as TypeScript, for the dashboard: from the same document that \`/docs\` shows. */
export async function documentApiTypes(): Promise<string> {
  const server = await createServer({
    host: '127.0.0.1',
    port: 0,
    token: undefined,
    version: '',
    logger: SILENT_LOGGER,
    quietTurns: new QuietTurns(),
    clock: { wallMs: () => 0 },
  });
  // Routes ask their context when they are called, and here none is.
  addRoutes(server, {} as Parameters<typeof addRoutes>[1], '');
  await server.ready();
  const { paths = {} } = server.swagger() as {
    readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  };
  await server.close();
  const calls = Object.entries(paths).flatMap(([path, operations]) =>
    METHODS.flatMap((method) => {
      const operation = operations[method];
      if (operation === undefined) return [];
      return [callText(`${method.toUpperCase()} ${path}`, operation)];
    }),
  );
  return `${HEAD}${calls.join('')}}\n`;
}

function callText(name: string, operation: Operation): string {
  const answer = Object.entries(operation.responses ?? {})
    .filter(([status]) => status.startsWith('2'))
    .map(([, content]) => typeOf(schemaOf(content), 4));
  const fields = [
    `params: ${parametersText(operation, 'path')};`,
    `query: ${parametersText(operation, 'query')};`,
    `body: ${operation.requestBody === undefined ? 'undefined' : typeOf(schemaOf(operation.requestBody), 4)};`,
    `answer: ${[...new Set(answer)].join(' | ') || 'unknown'};`,
  ];
  return `  '${name}': {\n${fields.map((field) => `    ${field}\n`).join('')}  };\n`;
}

function schemaOf({ content = {} }: Content): Schema {
  return Object.values(content)[0]?.schema ?? {};
}

function parametersText({ parameters = [] }: Operation, place: string): string {
  const found = parameters.filter((one) => one.in === place);
  if (found.length === 0) return 'undefined';
  const properties = Object.fromEntries(found.map((one) => [one.name, one.schema ?? {}]));
  const required = found.filter((one) => one.required === true).map((one) => one.name);
  return typeOf({ type: 'object', properties, required }, 4);
}

function typeOf(schema: Schema, indent: number): string {
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return unionOf(choices.map((one) => typeOf(one, indent)));
  const type = plainType(schema, indent);
  return schema.nullable === true ? unionOf([type, 'null']) : type;
}

function plainType(schema: Schema, indent: number): string {
  if (schema.const !== undefined) return literal(schema.const);
  if (schema.enum !== undefined) return unionOf(schema.enum.map(literal));
  const { type } = schema;
  if (typeof type === 'object')
    return unionOf(type.map((one) => typeOf({ ...schema, type: one }, indent)));
  switch (type) {
    case 'string':
    case 'boolean':
    case 'null':
      return type;
    case 'number':
    case 'integer':
      return 'number';
    case 'array': {
      const item = typeOf(schema.items ?? {}, indent);
      return item.includes(' | ') && !item.startsWith('{') ? `(${item})[]` : `${item}[]`;
    }
    case 'object':
      return objectText(schema, indent);
    default:
      return 'unknown';
  }
}

function objectText(schema: Schema, indent: number): string {
  const { properties, required = [], additionalProperties } = schema;
  if (properties === undefined) {
    const value = typeof additionalProperties === 'object' ? additionalProperties : {};
    return `Record<string, ${typeOf(value, indent)}>`;
  }
  const lead = ' '.repeat(indent + 2);
  const fields = Object.entries(properties).map(([name, one]) => {
    const shown = /^[A-Za-z_]\w*$/.test(name) ? name : `'${name}'`;
    return `${lead}${shown}${required.includes(name) ? '' : '?'}: ${typeOf(one, indent + 2)};\n`;
  });
  return `{\n${fields.join('')}${' '.repeat(indent)}}`;
}

function unionOf(types: readonly string[]): string {
  return [...new Set(types)].join(' | ');
}

function literal(value: unknown): string {
  return typeof value === 'string' ? `'${value.replaceAll("'", "\\'")}'` : String(value);
}
