import {
  apiRoutes,
  errorBody,
  routePath,
  type AnswerOf,
  type ApiRouteName,
  type ErrorBody,
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
        'accept-language': document.documentElement.lang,
        'x-requested-by': 'console',
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  } catch (cause) {
    throw new ApiError(0, undefined, cause);
  }
  const json: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw new ApiError(response.status, errorBody.safeParse(json).data);
  return apiRoutes[name].answer.parse(json) as AnswerOf<N>;
}
