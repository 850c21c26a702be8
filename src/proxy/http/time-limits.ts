// On the path of requests that have a time limit.
import { fieldValue, readGrpcTimeout, removeField, writeGrpcTimeout } from "../../wire/index.ts";
import type { ForwardAction } from "../config/contract.ts";
import type { Ticker } from "../net/ticker.ts";
import { replies, type LocalReply } from "./local-reply.ts";
import { Timeout } from "./timeout.ts";

/** Whose time is limited. */
export interface Limited {
  /** The present try took too long. */
  tooSlow(): void;
  outOfTime(reply: LocalReply): void;
}

/** What a request says that bears on its time. Its `fields` may be changed: an endpoint learns how long it really has. */
export interface TimedRequest {
  readonly fields: string[];
  readonly grpc: boolean;
  /** All of it has come. */
  readonly ended: boolean;
}

/** The limits of a request that is forwarded; undefined: it has none. */
export function timeLimits(
  action: Pick<ForwardAction, "timeout" | "grpcTimeout" | "streamTime" | "retry">,
  request: TimedRequest,
  limited: Limited,
  ticker: Ticker,
): TimeLimits | undefined {
  const whole = action.grpcTimeout && request.grpc ? grpcTime(action.grpcTimeout, request.fields) : action.timeout;
  const stream = action.streamTime && streamTime(action.streamTime, request.fields);
  const perTry = action.retry?.perTryTimeout ?? 0;
  if (whole === 0 && perTry === 0 && stream === undefined) return undefined;
  const told = request.grpc && action.grpcTimeout !== undefined;
  if (told || (request.grpc && stream !== undefined)) removeField(request.fields, "grpc-timeout");
  if (request.grpc && stream !== undefined) request.fields.push("grpc-timeout", writeGrpcTimeout(stream));
  return new TimeLimits({ whole, perTry, stream, told, ended: request.ended }, limited, ticker);
}

/** Milliseconds a gRPC client asks for, as far as it may; 0: no limit. */
function grpcTime({ max, offset }: NonNullable<ForwardAction["grpcTimeout"]>, fields: readonly string[]): number {
  const asked = readGrpcTimeout(fieldValue(fields, "grpc-timeout")) ?? 0;
  // An offset that leaves nothing would turn a short time into none at all.
  const time = offset < asked ? asked - offset : asked;
  return max > 0 && (time === 0 || time > max) ? max : time;
}

/** Milliseconds from the request's head to the answer's end; undefined: no limit. */
function streamTime(
  { limit, headerMax, headerOffset }: NonNullable<ForwardAction["streamTime"]>,
  fields: readonly string[],
): number | undefined {
  const asked = headerMax === undefined ? undefined : readGrpcTimeout(fieldValue(fields, "grpc-timeout"));
  if (asked === undefined || headerMax === undefined) return limit > 0 ? limit : undefined;
  return Math.max(0, (headerMax > 0 ? Math.min(asked, headerMax) : asked) - headerOffset);
}

interface Times {
  /** Milliseconds from the request's end to the answer's end, and for one try; 0: no limit. */
  readonly whole: number;
  readonly perTry: number;
  readonly stream: number | undefined;
  /** The endpoint is told in `grpc-timeout`. */
  readonly told: boolean;
  readonly ended: boolean;
}

/** The time limits of one request, over all tries. */
export class TimeLimits {
  readonly #times: Times;
  readonly #limited: Limited;
  readonly #ticker: Ticker;
  #whole: Timeout | undefined;
  #try: Timeout | undefined;
  #stream: Timeout | undefined;
  #requestEnded: boolean;
  #tried = false;

  constructor(times: Times, limited: Limited, ticker: Ticker) {
    this.#times = times;
    this.#limited = limited;
    this.#ticker = ticker;
    this.#requestEnded = times.ended;
    if (times.stream === undefined) return;
    this.#stream = new Timeout(ticker, () =>
      limited.outOfTime(this.#requestEnded ? replies.streamTime : { ...replies.streamTime, status: 408 }),
    );
    this.#stream.set(times.stream);
  }

  tryBegins(): void {
    this.#tried = true;
    this.#startWhole();
    if (this.#times.perTry === 0) return;
    this.#try ??= new Timeout(this.#ticker, () => this.#limited.tooSlow());
    this.#try.set(this.#times.perTry);
  }

  /** An answer came, or the try failed. */
  tryEnds(): void {
    this.#try?.clear();
  }

  requestEnded(): void {
    this.#requestEnded = true;
    this.#startWhole();
  }

  /** Bytes flow both ways from now on, for as long as they like. */
  tunnels(): void {
    this.#whole?.clear();
  }

  clear(): void {
    this.#whole?.clear();
    this.#try?.clear();
    this.#stream?.clear();
  }

  /** What the endpoint of a try that begins is told in `grpc-timeout`; undefined: nothing. */
  get grpcTimeout(): string | undefined {
    const { told, perTry, whole } = this.#times;
    if (!told || (perTry === 0 && whole === 0)) return undefined;
    const left = this.#whole ? Math.max(1, this.#whole.at - this.#ticker.now()) : whole;
    return writeGrpcTimeout(perTry === 0 || (whole > 0 && left < perTry) ? left : perTry);
  }

  #startWhole(): void {
    if (this.#whole || this.#times.whole === 0 || !this.#tried || !this.#requestEnded) return;
    this.#whole = new Timeout(this.#ticker, () => this.#limited.outOfTime(replies.timeout));
    this.#whole.set(this.#times.whole);
  }
}
