// On the path of every request.
import { removeField, speaksGrpc, type BodyEnd, type RequestMessage, type ResponseMessage } from "../../wire/index.ts";
import type {
  Cluster,
  ClusterChoice,
  Endpoint,
  ForwardAction,
  RequestHead,
  RetryRules,
  Route,
} from "../config/contract.ts";
import { admit } from "./admission.ts";
import { Attempt, type Attempting, type Failure } from "./attempt.ts";
import { bodyOf, type ClientStream, type OutgoingRequest, type ServerStream } from "./codec.ts";
import { GrpcCall, trailersOnly } from "./grpc-call.ts";
import { takeWebRequest, type GrpcWeb } from "./grpc-web.ts";
import { HandOver } from "./hand-over.ts";
import { inboundHop, type InboundHop } from "./inbound-hop.ts";
import { replies, type LocalReply } from "./local-reply.ts";
import { startMirrors, type Mirror } from "./mirror.ts";
import { Outcome } from "./outcome.ts";
import { isFailure, Retries } from "./retries.ts";
import { abortReply, directReply, redirectReply } from "./route-reply.ts";
import { RequestBody } from "./request-body.ts";
import { Pace } from "./pace.ts";
import { applyRequestOps, fieldsOfTry, originalTarget } from "./request-head.ts";
import { dressAnswer, localAnswer } from "./response-head.ts";
import type { Origin, Surroundings } from "./surroundings.ts";
import { timeLimits, type Limited, type TimeLimits } from "./time-limits.ts";
import { Timeout } from "./timeout.ts";
import { switches } from "./upgrade.ts";
import { upstreamProtocol } from "./upstream-protocol.ts";

const none: readonly Endpoint[] = [];
const maxPostponed = 200;

/** One request and its answer, from the first byte of one to the last of the other, over all tries. */
export class Exchange implements Attempting, Limited {
  readonly message: RequestMessage;
  readonly origin: Origin;
  readonly outcome: Outcome;
  head: RequestHead;
  route: Route | undefined = undefined;
  choice: ClusterChoice | undefined = undefined;
  cluster: Cluster | undefined = undefined;
  hop: InboundHop | undefined = undefined;
  endpoint: Endpoint | undefined = undefined;
  /** Of gRPC, which others are told apart from here. */
  grpc: GrpcCall | undefined;
  #server: ServerStream;
  readonly #surroundings: Surroundings;
  readonly #body: RequestBody;
  #web: GrpcWeb | undefined = undefined;
  #attempt: Attempt | undefined = undefined;
  readonly #retries = new Retries();
  #postponed = 0;
  #target = "";
  #host = "";
  #mirrors: readonly Mirror[] | undefined = undefined;
  /** Not yet inside of `start`, or after it: nobody will flush what is written to the endpoint. */
  #alone = true;
  #responding = false;
  #tunnelling = false;
  #done = false;
  readonly #pace: Pace;
  #limits: TimeLimits | undefined = undefined;
  #wait: Timeout | undefined = undefined;

  constructor(message: RequestMessage, server: ServerStream, surroundings: Surroundings) {
    this.message = message;
    this.#server = server;
    this.origin = server.origin;
    this.grpc = speaksGrpc(message.fields) ? new GrpcCall() : undefined;
    this.#surroundings = surroundings;
    this.outcome = new Outcome(this, surroundings);
    this.#pace = new Pace(this.outcome.startedAt);
    this.#body = new RequestBody(message.chunked || message.contentLength > 0);
    this.head = { method: message.method, path: "", query: "", authority: "", scheme: "http", headers: message.fields };
  }

  get method(): string {
    return this.message.method;
  }

  /** As metrics name it. */
  get protocol(): "http" | "grpc" {
    return this.grpc ? "grpc" : "http";
  }

  get done(): boolean {
    return this.#done;
  }

  /** The endpoint's answer has begun. */
  get responding(): boolean {
    return this.#responding;
  }

  /** Bytes flow both ways from now on. */
  get tunnelling(): boolean {
    return this.#tunnelling;
  }

  /** The request in the order it meets things: one form, a route, CORS, faults, then what the route says. */
  start(): void {
    this.#alone = false;
    this.#begin();
    this.#alone = true;
  }

  #begin(): void {
    const { chance } = this.#surroundings;
    const reply = admit(this, chance());
    if (reply === "malformed") return this.#server.refuse(400, "malformed-path");
    if (reply) return this.reply(reply);
    const { route } = this;
    if (!route) return;
    const delay = route.fault?.delay;
    if (delay && chance() < delay.share) {
      this.outcome.flags = "DI";
      this.#wait = new Timeout(this.#surroundings.ticker, () => this.#abortOrAct(route));
      return this.#wait.set(delay.milliseconds);
    }
    this.#abortOrAct(route);
  }

  /** A request of gRPC-Web is one of gRPC from here on, but for who asked. */
  takeWeb(): void {
    this.#web = takeWebRequest(this.message, this.#server);
    if (!this.#web) return;
    this.grpc = new GrpcCall();
    this.#server = this.#web.server;
  }

  #abortOrAct(route: Route): void {
    if (this.#done) return;
    const aborted = abortReply(route.fault, this.#surroundings.chance());
    if (aborted) return this.reply(aborted);
    const { action } = route;
    switch (action.kind) {
      case "forward":
        return this.#forward(action);
      case "redirect":
        return this.reply(redirectReply(action.status, action.location(this.head)));
      case "direct":
        return this.reply(directReply(action));
    }
  }

  #forward(action: ForwardAction): void {
    const { owner } = this.origin;
    const choice = action.choose(this.#surroundings.chance());
    const cluster = owner.config.cluster(choice.cluster);
    this.choice = choice;
    if (!cluster) return this.reply({ ...replies.noCluster, status: action.notFoundStatus });
    this.cluster = cluster;
    if (cluster.load.requests >= cluster.limits.requests) return this.reply(replies.overflow);
    this.#target = action.rewrite(this.head) ?? originalTarget(this.message, this.head);
    this.#host = choice.hostRewrite ?? action.hostRewrite ?? this.head.authority;
    if (!action.retry) this.#body.forgetWhenSent();
    const timed = { fields: this.message.fields, grpc: this.grpc !== undefined, ended: this.#body.ended };
    this.#limits = timeLimits(action, timed, this, this.#surroundings.ticker);
    this.#try(action, cluster);
  }

  /** Chooses an endpoint and asks it; the first time also what is decided once for all tries. */
  #try(action: ForwardAction, cluster: Cluster): void {
    const { chance } = this.#surroundings;
    const { origin } = this;
    const endpoint = cluster.pick({
      random: chance(),
      hash: action.hash(this.head, origin.remoteAddress),
      avoid: action.retry?.avoidPrevious ? this.#retries.tried : none,
      originalDestination: origin.destination,
    });
    if (!endpoint) return this.reply(replies.noEndpoint);
    this.endpoint = endpoint;
    const hop = inboundHop(origin, endpoint, this.head, this.#surroundings);
    if (hop === "unready") return this.#tryLater(action, cluster);
    this.hop = hop;
    this.#retries.made += 1;
    this.#limits?.tryBegins();
    // A first try over a stale connection is made twice.
    if (this.#retries.made === 1 && !this.#retries.fresh) this.#decideOnce(action, endpoint);
    if (this.#done) return;
    this.outcome.tried();
    // A callee in this process knows its caller.
    this.#attempt = new Attempt(this, cluster, endpoint, hop ? undefined : origin.ends, this.#host, this.#surroundings);
    if (hop?.apart) return this.#attempt.attachTo(new HandOver(hop.apart, this.#surroundings));
    const { fresh } = this.#retries;
    if (this.method === "CONNECT" && action.endsConnect) return this.#attempt.start("raw", fresh);
    this.#attempt.start(upstreamProtocol(cluster, hop?.cluster, this.message.major), fresh);
  }

  /** The callee's own rules have not arrived yet; without them nothing goes to it. */
  #tryLater(action: ForwardAction, cluster: Cluster): void {
    this.#postponed += 1;
    if (this.#postponed > maxPostponed) return this.reply(replies.noEndpoint);
    this.#wait = new Timeout(this.#surroundings.ticker, () => this.#try(action, cluster));
    this.#wait.set(10);
  }

  #decideOnce(action: ForwardAction, endpoint: Endpoint): void {
    const fields = this.message.fields;
    if (this.#target !== this.message.target && this.#target !== originalTarget(this.message, this.head)) {
      removeField(fields, "x-envoy-original-path");
      fields.push("x-envoy-original-path", originalTarget(this.message, this.head));
    }
    if (action.autoHostRewrite && endpoint.hostname !== undefined) this.#host = endpoint.hostname;
    if (action.forwardsHost && this.#host !== this.head.authority) fields.push("x-forwarded-host", this.head.authority);
    this.#host = applyRequestOps(this, this.#host);
    if (action.mirrors.length > 0) {
      this.#mirrors = startMirrors(action, this, this.#outgoing(), this.#surroundings);
    }
  }

  tooSlow(): void {
    const attempt = this.#attempt;
    const action = this.route?.action;
    if (!attempt || this.#responding || action?.kind !== "forward") return;
    attempt.abandon();
    this.#disconnected();
    this.#retryOr({ kind: "timeout", reply: replies.perTryTimeout, stale: false }, action);
  }

  /** The client broke the form of its body: nobody knows where it ends. */
  malformed(): void {
    this.#giveUp(replies.malformedBody);
  }

  outOfTime(reply: LocalReply): void {
    this.#giveUp(reply);
  }

  #giveUp(reply: LocalReply): void {
    if (this.#done) return;
    this.#attempt?.abandon();
    this.#attempt = undefined;
    if (this.#responding) return this.#breakOff(reply.flags, reply.details);
    this.#disconnected();
    this.reply(reply);
  }

  /** A callee that was not waited for sees its caller go. */
  #disconnected(): void {
    this.outcome.calleeSaw(0, "DC", "downstream_remote_disconnect");
  }

  /** Limits of seconds: a client that sends its request too slowly, an exchange in which nothing moves. */
  sweep(now: number): void {
    if (this.grpc && this.endpoint) this.outcome.countMessages();
    const moved = this.outcome.requestBytes + this.outcome.responseBytes + this.#retries.made;
    const { requestTimeout, streamIdleTimeout: ofChain } = this.origin.chain;
    const action = this.route?.action;
    const streamIdleTimeout = (action?.kind === "forward" ? action.idleTimeout : undefined) ?? ofChain;
    const overdue = this.#pace.overdue(now, moved, this.#body.ended, { requestTimeout, streamIdleTimeout });
    if (overdue) this.#giveUp(overdue);
  }

  #outgoing(): OutgoingRequest {
    return {
      message: this.message,
      target: this.#target,
      host: this.#host,
      scheme: this.head.scheme,
      extra: fieldsOfTry(this, this.#retries.made, this.#limits?.grpcTimeout),
    };
  }

  ready(attempt: Attempt, stream: ClientStream): void {
    if (this.origin.chain.accessLog) this.outcome.upstreamLocal = stream.local;
    stream.send(attempt, this.#outgoing());
    if (bodyOf(this.message) === "none") return;
    if (!this.#body.sendTo(stream)) this.#server.pause();
    else this.#server.resume();
    if (this.#alone) stream.flush();
  }

  // The request's body, as it comes from the client.

  /** Bytes of the request's body. */
  requestData(buffer: Buffer, start: number, end: number): void {
    if (this.#done) return;
    this.outcome.requestBytes += end - start;
    if (!this.#web?.reader) return this.#takeData(buffer, start, end);
    const bytes = this.#web.reader.read(buffer, start, end);
    if (!bytes) return this.#giveUp(replies.malformedText);
    if (bytes.length > 0) this.#takeData(bytes, 0, bytes.length);
  }

  #takeData(buffer: Buffer, start: number, end: number): void {
    this.grpc?.requests.read(buffer, start, end);
    if (this.#mirrors) for (const mirror of this.#mirrors) mirror.data(buffer, start, end);
    if (!this.#body.data(buffer, start, end, this.#attempt?.stream)) this.#server.pause();
  }

  requestEnd(trailers: readonly string[] | undefined): void {
    if (this.#done) return;
    if (this.#web?.reader?.whole === false) return this.#endShort();
    if (this.#mirrors) for (const mirror of this.#mirrors) mirror.end(trailers);
    this.#body.end(trailers, this.#attempt?.stream);
    this.#limits?.requestEnded();
  }

  /** All of the request was read, and its text breaks off: nobody else sees an end of it. */
  #endShort(): void {
    if (this.#mirrors) for (const mirror of this.#mirrors) mirror.abort();
    this.#body.end(undefined, undefined);
    this.#giveUp(replies.shortText);
  }

  /** All bytes of one read were given. */
  requestFlush(): void {
    this.#attempt?.stream?.flush();
  }

  requestDrained(): void {
    this.#server.resume();
  }

  // The answer, as it comes from the endpoint.

  #inform(message: ResponseMessage): void {
    // Who did not expect 100 may take it for an answer to something else.
    if (this.#responding || (message.status === 100 && !this.message.expectContinue)) return;
    this.#server.inform(message);
  }

  responseHead(message: ResponseMessage, end: BodyEnd): void {
    if (message.status < 200 && message.status !== 101) return this.#inform(message);
    const action = this.route?.action;
    if (action?.kind === "forward" && isFailure(message, action.retry) && this.#mayRetry(action.retry)) {
      this.#attempt?.abandon();
      this.outcome.calleeSaw(message.status, "", "via_upstream");
      return this.#retryOr({ kind: "status", reply: replies.connectionTermination, stale: false }, action);
    }
    this.#limits?.tryEnds();
    if (switches(message, this.method)) {
      if (message.status === 101 && this.message.upgrade === undefined) {
        this.#attempt?.abandon();
        return this.failed({ kind: "reset", reply: replies.protocolError, stale: false });
      }
      this.#tunnelling = true;
      this.#limits?.tunnels();
    }
    this.#responding = true;
    this.#body.forget();
    this.grpc?.answered(message.fields);
    this.outcome.status = message.status;
    this.outcome.details = "via_upstream";
    dressAnswer(this, message);
    this.#server.respond(message, end);
    if (this.#tunnelling) this.#server.tunnel();
  }

  responseData(buffer: Buffer, start: number, end: number): void {
    this.outcome.responseBytes += end - start;
    this.grpc?.responses.read(buffer, start, end);
    if (!this.#server.body(buffer, start, end)) this.#attempt?.stream?.pause();
  }

  responseFlush(): void {
    this.#server.flush();
  }

  /** The client takes more. */
  responseDrained(): void {
    this.#attempt?.stream?.resume();
  }

  responseEnd(trailers: readonly string[] | undefined): void {
    if (this.#done) return;
    this.#attempt = undefined;
    if (this.#tunnelling) {
      this.#finish();
      return this.#server.endTunnel();
    }
    const clean = this.#body.ended;
    this.grpc?.answered(trailers);
    this.#finish();
    this.#server.endResponse(trailers, clean);
  }

  failed(failure: Failure): void {
    this.#attempt = undefined;
    if (this.#done) return;
    if (this.#responding) return this.#breakOff("UC", "upstream_reset_after_response_started");
    const action = this.route?.action;
    if (action?.kind !== "forward") return this.reply(failure.reply);
    this.#retryOr(failure, action);
  }

  #mayRetry(rules: RetryRules | undefined): boolean {
    return this.#retries.mayGoOn(rules) && this.#body.repeatable && !this.#responding;
  }

  /** Another try where there may be one, else the failure's answer. */
  #retryOr(failure: Failure, action: ForwardAction): void {
    const { cluster, endpoint } = this;
    const { retry } = action;
    this.#attempt = undefined;
    const { repeatable } = this.#body;
    if (cluster && repeatable && this.#retries.mayRepeat(failure, this.method)) return this.#try(action, cluster);
    const reply = this.outcome.passedOn(failure);
    if (!cluster || !endpoint || !repeatable) return this.reply(reply);
    if (!retry || !this.#mayRetry(retry) || !this.#retries.begin(failure, retry, cluster, endpoint)) {
      return this.reply(reply);
    }
    this.#limits?.tryEnds();
    this.#wait = new Timeout(this.#surroundings.ticker, () => {
      this.#retries.settle();
      this.#try(action, cluster);
    });
    this.#wait.set(retry.delay(this.#retries.made, this.#surroundings.chance()));
  }

  // Ends.

  /** Answers the request from here. */
  reply(said: LocalReply): void {
    if (this.#done) return;
    const local = this.grpc && !this.#web ? trailersOnly(said, this.method) : said;
    this.grpc?.answered(local.headers);
    this.outcome.answered(local);
    const clean = this.#body.ended;
    this.#finish();
    const message = localAnswer(this, local);
    const bodiless = message.contentLength === -1 || this.method === "HEAD";
    this.#server.reply(message, bodiless ? "" : local.body, clean);
  }

  /** The client is gone. */
  abort(): void {
    if (this.#done) return;
    this.#attempt?.abandon();
    this.#attempt = undefined;
    if (!this.#tunnelling) {
      this.outcome.flags = "DC";
      this.outcome.details = "downstream_remote_disconnect";
    }
    this.#finish();
  }

  /** A broken answer must look broken to the client. */
  #breakOff(flags: string, details: string): void {
    this.outcome.flags = flags;
    this.outcome.details = details;
    this.#finish();
    this.#server.breakOff();
  }

  #finish(): void {
    this.#done = true;
    this.#limits?.clear();
    this.#wait?.clear();
    this.#retries.settle();
    if (this.#mirrors && !this.#body.ended) for (const mirror of this.#mirrors) mirror.abort();
    this.outcome.record();
  }
}
