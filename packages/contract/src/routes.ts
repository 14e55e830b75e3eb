import { z } from 'zod';
import * as api from './api.ts';
import { kitsAnswer } from './form.ts';
import type { Role } from './roles.ts';

/** One address of the API with the schemas of what goes in and out. */
export interface ApiRoute {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below `/api/v1`. `:tag` is any tag of a hierarchy. */
  readonly path: string;
  readonly about: string;
  readonly request?: z.ZodType;
  readonly query?: z.ZodType;
  readonly answer: z.ZodType;
  /** The answer comes as lines of JSON, one of this schema on each, as they arise (`application/x-ndjson`). */
  readonly lines?: boolean;
  /** Who may ask (S-02); {@link roleNeeded} says what holds when it is left out. */
  readonly role?: Role | 'anyone';
}

/** Looking is for guests, changing for administrators, unless the route says otherwise. */
export function roleNeeded({ role, method }: ApiRoute): Role | 'anyone' {
  return role ?? (method === 'GET' ? 'guest' : 'administrator');
}

/** The whole API (U-02). */
export const apiRoutes = {
  status: {
    method: 'GET',
    path: '/status',
    about: 'The cluster as this server knows it.',
    answer: api.statusAnswer,
  },
  kits: {
    method: 'GET',
    path: '/kits',
    about: 'The recovery kits with the forms of their parameters.',
    answer: kitsAnswer,
  },
  checkKit: {
    method: 'POST',
    path: '/kits/:kit/check',
    about:
      'Looks up what a form leaves open and checks what it has, also a half-filled one: the defaults, what ' +
      'is wrong with each field, and what would be found. Changes nothing.',
    request: api.kitCheckRequest,
    answer: api.kitCheckAnswer,
  },
  create: {
    method: 'POST',
    path: '/hierarchies',
    about: 'Creates a hierarchy of one or more resources, wholly or not at all.',
    request: api.createRequest,
    answer: api.changeAnswer,
  },
  hierarchy: {
    method: 'GET',
    path: '/hierarchies/:tag',
    about: 'One hierarchy with its parameters.',
    answer: api.hierarchyAnswer,
  },
  change: {
    method: 'PATCH',
    path: '/hierarchies/:tag',
    about: 'Changes properties of a hierarchy.',
    request: api.changeRequest,
    answer: api.changeAnswer,
  },
  delete: {
    method: 'DELETE',
    path: '/hierarchies/:tag',
    about: 'Takes a hierarchy out of the care of Holdfast on every server. What runs goes on running.',
    query: api.deleteQuery,
    answer: api.changeAnswer,
  },
  extend: {
    method: 'POST',
    path: '/hierarchies/:tag/extend',
    about:
      'Makes a hierarchy able to run on one more server. A dry run that accepts application/x-ndjson is answered in ' +
      'lines: {"findings": […]} as the checks end, at last {"answer": …} or {"error": …, "status": …}.',
    request: api.extendRequest,
    answer: api.changeAnswer,
  },
  unextend: {
    method: 'POST',
    path: '/hierarchies/:tag/unextend',
    about: 'Takes a hierarchy from one server, where it is not in service.',
    request: api.unextendRequest,
    answer: api.changeAnswer,
  },
  addDependency: {
    method: 'POST',
    path: '/hierarchies/:tag/dependencies',
    about:
      'Makes the resource need another one. Between two hierarchies this makes them one; nothing is stopped.',
    request: api.dependencyRequest,
    answer: api.changeAnswer,
  },
  removeDependency: {
    method: 'DELETE',
    path: '/hierarchies/:tag/dependencies/:child',
    about:
      'Makes the resource need the other one no more. What nothing joins any longer becomes a hierarchy of its own.',
    query: api.dependencyQuery,
    answer: api.changeAnswer,
  },
  inService: {
    method: 'POST',
    path: '/hierarchies/:tag/in-service',
    about: 'Brings a hierarchy in service, or moves it to another server.',
    request: api.inServiceRequest,
    answer: api.changeAnswer,
    role: 'operator',
  },
  outOfService: {
    method: 'POST',
    path: '/hierarchies/:tag/out-of-service',
    about: 'Stops a hierarchy and starts it nowhere.',
    request: api.outOfServiceRequest,
    answer: api.changeAnswer,
    role: 'operator',
  },
  operations: {
    method: 'GET',
    path: '/operations',
    about: 'What goes on and what has ended lately, the newest first.',
    answer: api.operationsAnswer,
  },
  operation: {
    method: 'GET',
    path: '/operations/:id',
    about: 'How far an operation is.',
    answer: api.operationBody,
  },
  cancelOperation: {
    method: 'DELETE',
    path: '/operations/:id',
    about: 'Cancels a creation that goes on: what it has begun is taken back.',
    answer: api.operationBody,
  },
  settings: {
    method: 'GET',
    path: '/settings',
    about:
      'Every setting of the whole cluster, or of one tag, with its value, its source and when it takes effect.',
    query: api.settingsQuery,
    answer: api.settingsAnswer,
  },
  changeSettings: {
    method: 'PATCH',
    path: '/settings',
    about: 'Changes settings of the whole cluster.',
    request: api.settingsRequest,
    answer: api.settingsChangeAnswer,
  },
  openapi: {
    method: 'GET',
    path: '/openapi.json',
    about: 'This API as OpenAPI 3.1.',
    answer: z.looseObject({ openapi: z.string() }),
    role: 'anyone',
  },
  events: {
    method: 'GET',
    path: '/events',
    about: 'What happened, oldest first; with follow=true a stream of server-sent events.',
    query: api.eventsQuery,
    answer: api.eventsAnswer,
  },
  reports: {
    method: 'GET',
    path: '/reports',
    about: 'How hierarchies came back in service, the newest first.',
    query: api.reportsQuery,
    answer: api.reportsAnswer,
  },
  report: {
    method: 'GET',
    path: '/reports/:id',
    about: 'One report: the timeline from the last good sign to the first query answered, with reasons.',
    answer: api.reportAnswer,
  },
  explain: {
    method: 'GET',
    path: '/explain/:tag',
    about: 'Why a hierarchy is where it is, and what would happen if its server died now.',
    answer: api.explainAnswer,
  },
  changeServer: {
    method: 'PATCH',
    path: '/servers/:server',
    about: 'Says what may fail over from a server and to it.',
    request: api.serverRequest,
    answer: api.serverAnswer,
  },
  removeServer: {
    method: 'DELETE',
    path: '/servers/:server',
    about: 'Takes a server out of the cluster: the one that is asked leaves; any other must be dead.',
    query: api.serverRemovalQuery,
    answer: api.serverRemovalAnswer,
  },
  doctor: {
    method: 'GET',
    path: '/doctor',
    about: 'Checks of every server and of the resources on it, with what to do about each that did not pass.',
    role: 'operator',
    query: api.doctorQuery,
    answer: api.doctorAnswer,
  },
  configuration: {
    method: 'GET',
    path: '/configuration',
    about: 'What is configured, as the YAML of a file that can be imported.',
    answer: api.configurationAnswer,
    role: 'administrator',
  },
  importConfiguration: {
    method: 'POST',
    path: '/configuration',
    about:
      'Makes the configuration that of an exported file, wholly or not at all. What the file does not name stays ' +
      'as it is; a hierarchy that is not there is recorded out of service.',
    request: api.configurationRequest,
    answer: api.importAnswer,
  },
  exec: {
    method: 'POST',
    path: '/exec',
    about:
      'Runs a command on a server, in the environment of its daemon. Output comes as it arises; whoever ends the ' +
      'connection ends the command.',
    request: api.execRequest,
    answer: api.execLine,
    lines: true,
  },
  token: {
    method: 'POST',
    path: '/tokens',
    about: 'Makes a token with which one server joins the cluster.',
    request: api.tokenRequest,
    answer: api.tokenAnswer,
  },
  paths: {
    method: 'GET',
    path: '/paths',
    about: 'The communication paths, with how both ends see each.',
    answer: api.pathsAnswer,
  },
  createPath: {
    method: 'POST',
    path: '/paths',
    about: 'Makes one more communication path between two servers.',
    request: api.createPathRequest,
    answer: api.pathsAnswer,
  },
  changePath: {
    method: 'PATCH',
    path: '/paths/:id',
    about: 'Changes priority, interval or misses of a communication path, live.',
    request: api.changePathRequest,
    answer: api.pathsAnswer,
  },
  deletePath: {
    method: 'DELETE',
    path: '/paths/:id',
    about: 'Deletes a communication path; the last one of two servers stays.',
    query: api.deletePathQuery,
    answer: api.pathsAnswer,
  },
  certificates: {
    method: 'GET',
    path: '/certificates',
    about: 'The certificates of every server and what became of them, and the authorities that issue them.',
    answer: api.certificatesAnswer,
  },
  renewCertificate: {
    method: 'POST',
    path: '/servers/:server/certificate',
    about: 'Gives a server new certificates while it runs, and revokes the ones before.',
    request: api.renewCertificateRequest,
    answer: api.certificatesAnswer,
  },
  login: {
    method: 'POST',
    path: '/login',
    about: 'Signs a person in.',
    request: api.loginRequest,
    answer: api.loginAnswer,
    role: 'anyone',
  },
  logout: {
    method: 'POST',
    path: '/logout',
    about: 'Ends the session that asks.',
    answer: api.doneAnswer,
    role: 'guest',
  },
  me: { method: 'GET', path: '/me', about: 'Who asks, and what they may do.', answer: api.callerAnswer },
  changePassword: {
    method: 'PATCH',
    path: '/me',
    about: 'Changes the own password; every session and token of the account ends.',
    request: api.changePasswordRequest,
    answer: api.doneAnswer,
    role: 'guest',
  },
  accounts: {
    method: 'GET',
    path: '/accounts',
    about: 'Everybody who may sign in.',
    answer: api.accountsAnswer,
    role: 'administrator',
  },
  createAccount: {
    method: 'POST',
    path: '/accounts',
    about: 'Makes an account.',
    request: api.createAccountRequest,
    answer: api.accountBody,
  },
  changeAccount: {
    method: 'PATCH',
    path: '/accounts/:name',
    about: 'Changes the role or the password of an account.',
    request: api.changeAccountRequest,
    answer: api.accountBody,
  },
  deleteAccount: {
    method: 'DELETE',
    path: '/accounts/:name',
    about: 'Deletes an account; its sessions and tokens end.',
    answer: api.doneAnswer,
  },
  apiTokens: {
    method: 'GET',
    path: '/api-tokens',
    about: 'The own API tokens; an administrator sees all.',
    answer: api.apiTokensAnswer,
  },
  createApiToken: {
    method: 'POST',
    path: '/api-tokens',
    about: 'Makes a token with which a program asks.',
    request: api.createApiTokenRequest,
    answer: api.createApiTokenAnswer,
    role: 'guest',
  },
  deleteApiToken: {
    method: 'DELETE',
    path: '/api-tokens/:id',
    about: 'Deletes an API token.',
    answer: api.doneAnswer,
    role: 'guest',
  },
  audit: {
    method: 'GET',
    path: '/audit',
    about: 'Who asked for which change, from where, and what came of it.',
    query: api.auditQuery,
    answer: api.auditAnswer,
    role: 'administrator',
  },
} as const satisfies Record<string, ApiRoute>;

/** Addresses beside the API, for programs that watch: a load balancer, a metrics collector (U-04). */
export const openRoutes = {
  health: {
    method: 'GET',
    path: '/health',
    about: '200 while the daemon answers and this server holds its lease, else 503.',
    answer: api.healthAnswer,
    role: 'anyone',
  },
  inServiceHealth: {
    method: 'GET',
    path: '/health/in-service/:tag',
    about: '200 only on the server where the resource is in service now, else 503.',
    answer: api.healthAnswer,
    role: 'anyone',
  },
  metrics: {
    method: 'GET',
    path: '/metrics',
    about: 'Figures of this server and of the hierarchies, in the text form of Prometheus.',
    answer: z.string(),
  },
} as const satisfies Record<string, ApiRoute>;

export type ApiRouteName = keyof typeof apiRoutes;
/** What the answer to a route is, once parsed. */
export type AnswerOf<N extends ApiRouteName> = z.output<(typeof apiRoutes)[N]['answer']>;
/** What a client may send to a route: defaults may be left out. */
export type RequestOf<N extends ApiRouteName> = (typeof apiRoutes)[N] extends {
  readonly request: infer R extends z.ZodType;
}
  ? z.input<R>
  : undefined;

/** The address of a route below the API's root with its parameters filled in, in their order. */
export function routePath(name: ApiRouteName, ...parameters: readonly string[]): string {
  const left = [...parameters];
  const filled = apiRoutes[name].path.replaceAll(/:[a-z]+/g, () => encodeURIComponent(left.shift() ?? ''));
  return `${api.apiRoot}${filled}`;
}
