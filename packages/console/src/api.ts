import {
  apiRoutes,
  changeLine,
  errorBody,
  linesOfJson,
  routePath,
  type AnswerOf,
  type ApiRouteName,
  type ChangeAnswer,
  type ErrorBody,
  type FindingBody,
  type RequestOf,
} from '@holdfast/contract';

/** An answer of the API that is not 2xx, in the language that was asked for; status 0 when nobody answered. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly body: ErrorBody | undefined;
  constructor(status: number, body: ErrorBody | undefined, cause?: unknown) {
    super(body?.message ?? 'no answer', { cause });
    this.status = status;
    this.body = body;
  }
}

export interface CallOptions<N extends ApiRouteName> {
  /** Fill the parameters of the address, in their order. */
  readonly parameters?: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: RequestOf<N>;
  readonly signal?: AbortSignal;
  /** For an answer that may take longer than usual. */
  readonly timeoutMs?: number;
}

const usualTimeoutMs = 30_000;

/** Asks the API of the server that the page came from, as whoever is signed in. Rejects with {@link ApiError}. */
export async function callApi<N extends ApiRouteName>(
  name: N,
  options: CallOptions<N> = {},
): Promise<AnswerOf<N>> {
  const response = await send(name, options, 'application/json');
  const json: unknown = await response.json().catch(() => undefined);
  return apiRoutes[name].answer.parse(json) as AnswerOf<N>;
}

/** Rejects with {@link ApiError} when the answer is not 2xx, or nobody answers. */
async function send<N extends ApiRouteName>(
  name: N,
  options: CallOptions<N>,
  accept: string,
): Promise<Response> {
  const { parameters = [], query, body, signal, timeoutMs = usualTimeoutMs } = options;
  const search = new URLSearchParams(query).toString();
  const limit = AbortSignal.timeout(timeoutMs);
  let response: Response;
  try {
    response = await fetch(`${routePath(name, ...parameters)}${search === '' ? '' : `?${search}`}`, {
      method: apiRoutes[name].method,
      credentials: 'same-origin',
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      headers: {
        accept,
        'accept-language': document.documentElement.lang,
        'x-requested-by': 'console',
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  } catch (cause) {
    throw new ApiError(0, undefined, cause);
  }
  if (response.ok) return response;
  const json: unknown = await response.json().catch(() => undefined);
  throw new ApiError(response.status, errorBody.safeParse(json).data);
}

/** Asks for the dry run of an extension, and tells what its checks have found as they end (K-10). */
export async function rehearseExtension(
  options: CallOptions<'extend'>,
  tell: (findings: readonly FindingBody[]) => void,
): Promise<ChangeAnswer> {
  const response = await send('extend', options, linesOfJson);
  for await (const text of readLines(response)) {
    const line = changeLine.parse(JSON.parse(text));
    if ('answer' in line) return line.answer;
    if ('error' in line) throw new ApiError(line.status, line.error);
    tell(line.findings);
  }
  throw new ApiError(0, undefined);
}

async function* readLines(response: Response): AsyncGenerator<string> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  while (reader) {
    const { value, done } = await reader.read().catch((cause: unknown) => {
      throw new ApiError(0, undefined, cause);
    });
    if (done) return;
    const lines = `${rest}${value}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}
