/** How an answer's body is told from what follows it (RFC 9112, section 6). */
type State =
  | { readonly kind: 'head' }
  /** `left` bytes of the body, or of the chunk, are still to come. */
  | { readonly kind: 'body'; left: number; readonly chunked: boolean }
  | { readonly kind: 'chunk-size' }
  | { readonly kind: 'chunk-end' }
  | { readonly kind: 'trailers' }
  | { readonly kind: 'until-close' }
  | { readonly kind: 'complete' };

/** Reads one answer of HTTP/1.1 from a connection's bytes, as they come. */
export interface AnswerReader {
  /** Throws an Error when this is no answer, and {@link AnswerTooLargeError} beyond the limit. */
  read(bytes: Buffer): void;
  /** The other end has closed the connection: answers of older servers end so. */
  close(): void;
  isComplete(): boolean;
  status(): number;
  body(): string;
  /** May the connection be used for another exchange? */
  leavesOpen(): boolean;
}

export class AnswerTooLargeError extends Error {
  override readonly name = 'AnswerTooLargeError';
}

const maxLineBytes = 64 * 1024;
const endOfHead = Buffer.from('\r\n\r\n');
const endOfLine = Buffer.from('\r\n');

export function createAnswerReader(maxBytes: number): AnswerReader {
  let state: State = { kind: 'head' };
  let unread: Buffer = Buffer.alloc(0);
  const parts: Buffer[] = [];
  let bodyBytes = 0;
  let status = 0;
  let leavesOpen = true;

  /** The bytes up to the mark, which are then read; `undefined` while the mark has not come. */
  function takeUntil(mark: Buffer): string | undefined {
    const at = unread.indexOf(mark);
    if (at < 0 ? unread.length > maxLineBytes : at > maxLineBytes) throw new Error('the line is too long');
    if (at < 0) return undefined;
    const text = unread.toString('latin1', 0, at);
    unread = unread.subarray(at + mark.length);
    return text;
  }

  function takeBody(most: number): number {
    const part = unread.subarray(0, most);
    bodyBytes += part.length;
    if (bodyBytes > maxBytes) throw new AnswerTooLargeError(`more than ${maxBytes} bytes`);
    parts.push(part);
    unread = unread.subarray(part.length);
    return part.length;
  }

  function readHead(head: string): State {
    const found = /^HTTP\/1\.([01]) (\d{3})/.exec(head);
    if (!found) throw new Error('this is not HTTP/1.1');
    status = Number(found[2]);
    // An interim answer comes before the one that counts (RFC 9110, 15.2).
    if (status < 200) return { kind: 'head' };
    const header = (name: string): string | undefined =>
      new RegExp(`^${name}:[ \\t]*(.*?)[ \\t]*$`, 'im').exec(head)?.[1]?.toLowerCase();
    leavesOpen = found[1] === '1' && header('connection') !== 'close';
    if (status === 204 || status === 304) return { kind: 'complete' };
    const encoding = header('transfer-encoding');
    if (encoding === 'chunked') return { kind: 'chunk-size' };
    if (encoding !== undefined) throw new Error(`transfer encoding ${encoding} is not known`);
    const length = header('content-length');
    if (length === undefined) return { kind: 'until-close' };
    if (!/^\d{1,15}$/.test(length)) throw new Error('the length is no number');
    return bodyOf(Number(length), false);
  }

  function readChunkSize(line: string): State {
    const size = /^([0-9a-f]{1,8})(?:[ \t]*;.*)?$/i.exec(line)?.[1];
    if (size === undefined) throw new Error('the size of a chunk is no number');
    const left = Number.parseInt(size, 16);
    return left === 0 ? { kind: 'trailers' } : bodyOf(left, true);
  }

  /** What comes next, or `undefined` when more bytes are needed first. */
  function advance(now: State): State | undefined {
    switch (now.kind) {
      case 'head': {
        const head = takeUntil(endOfHead);
        return head === undefined ? undefined : readHead(head);
      }
      case 'body': {
        if (unread.length === 0) return undefined;
        now.left -= takeBody(now.left);
        if (now.left > 0) return undefined;
        return now.chunked ? { kind: 'chunk-end' } : { kind: 'complete' };
      }
      case 'chunk-size': {
        const line = takeUntil(endOfLine);
        return line === undefined ? undefined : readChunkSize(line);
      }
      case 'chunk-end': {
        if (unread.length < endOfLine.length) return undefined;
        if (takeUntil(endOfLine) !== '') throw new Error('a chunk is longer than it says');
        return { kind: 'chunk-size' };
      }
      case 'trailers': {
        const line = takeUntil(endOfLine);
        if (line === undefined) return undefined;
        return line === '' ? { kind: 'complete' } : now;
      }
      case 'until-close':
        takeBody(unread.length);
        return undefined;
      case 'complete':
        if (unread.length > 0) throw new Error('something follows the answer');
        return undefined;
      default:
        return now satisfies never;
    }
  }

  return {
    read(bytes) {
      unread = unread.length === 0 ? bytes : Buffer.concat([unread, bytes]);
      for (let next = advance(state); next; next = advance(state)) state = next;
    },
    close() {
      if (state.kind === 'until-close') state = { kind: 'complete' };
      leavesOpen = false;
    },
    isComplete: () => state.kind === 'complete',
    status: () => status,
    body: () => Buffer.concat(parts).toString('utf8'),
    leavesOpen: () => leavesOpen,
  };
}

function bodyOf(left: number, chunked: boolean): State {
  return left === 0 ? { kind: 'complete' } : { kind: 'body', left, chunked };
}
