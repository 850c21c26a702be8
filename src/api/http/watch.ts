import type { Timer } from "../../base/index.ts";
import type { KubeObject } from "../../model/index.ts";
import { ApiFault, type Watch } from "../../store/index.ts";
import type { Api } from "../api.ts";
import { apiFaultOf, badRequest, statusOf } from "../faults.ts";
import type { SelectionRequest } from "../selection.ts";
import type { Call } from "./answer.ts";
import { shown } from "./shown.ts";
import type { Form } from "./table.ts";
import type { Target } from "./target.ts";
import { wholeNumber } from "./whole-number.ts";

/** A reader that lags so many bytes behind is cut off; it lists again. */
const largestBacklog = 16 * 1024 * 1024;
const bookmarkEvery = 60_000;
/** Seconds: a day, which a timer can still count. */
const longest = 86_400;

/** Streams the events of a collection, one JSON object a line, until the time is up or somebody hangs up. */
export function serveWatch(api: Api, call: Call, target: Target, selection: SelectionRequest, form: Form): void {
  const { request, response, query } = call;
  const { kind } = target;
  const version = query.get("resourceVersion") ?? "";
  if (!/^\d*$/.test(version)) throw badRequest(`invalid resource version "${version}"`);
  const bookmarks = ["true", "1"].includes(query.get("allowWatchBookmarks") ?? "");
  const initial = query.get("sendInitialEvents");
  const fromNow = version === "" || version === "0";
  const seconds = Math.min(wholeNumber(query, "timeoutSeconds"), longest) || 1800 + Math.random() * 1800;

  let columns = true;
  const inForm = (object: KubeObject): unknown => {
    const made = shown(api, target, object, form, columns);
    columns = false;
    return made;
  };
  const write = (type: string, object: unknown) => {
    response.write(`${JSON.stringify({ type, object })}\n`);
    if (response.writableLength > largestBacklog) response.destroy();
  };
  const bookmark = (at: number, annotations?: Record<string, string>) => {
    const metadata = { resourceVersion: String(at), creationTimestamp: null, ...(annotations && { annotations }) };
    const empty = { kind: kind.kind, apiVersion: target.apiVersion, metadata } as unknown as KubeObject;
    write("BOOKMARK", form.as === "table" ? { ...(inForm(empty) as object), rows: [] } : empty);
  };

  let watch: Watch | undefined;
  let timers: Timer[] = [];
  const end = () => {
    watch?.close();
    for (const timer of timers) timer.cancel();
    timers = [];
    response.end();
  };
  const remind = () => {
    if (bookmarks) bookmark(api.version);
    timers[1] = api.clock.after(bookmarkEvery, remind);
  };

  response.writeHead(200, { "content-type": "application/json", "transfer-encoding": "chunked" });
  response.flushHeaders();
  request.socket.setTimeout(0);
  response.once("close", end);
  try {
    let since = Number(version);
    if (initial === "true" || (initial === null && fromNow)) {
      const { items, resourceVersion } = api.list(kind, selection);
      for (const item of items) write("ADDED", inForm(item));
      since = Number(resourceVersion);
      if (initial === "true") bookmark(since, { "k8s.io/initial-events-end": "true" });
    } else if (fromNow) since = api.version;
    watch = api.watch(kind, { ...selection, resourceVersion: since }, (type, object) => write(type, inForm(object)));
    timers = [api.clock.after(seconds * 1000, end), api.clock.after(bookmarkEvery, remind)];
  } catch (error) {
    const fault = error instanceof ApiFault ? error : apiFaultOf(error);
    write("ERROR", statusOf(fault));
    end();
  }
}
