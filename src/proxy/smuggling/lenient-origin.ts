import type { Socket } from "node:net";
import { listen, portOf } from "../fixture.ts";
import type { Origin } from "./origins.ts";

/** Which of two lengths counts where a message says both. */
export type Preference = "content-length" | "transfer-encoding";

interface Read {
  readonly request: string;
  readonly end: number;
}

/** A server of our own that takes nearly everything, and takes it for what an attacker would like it to mean. */
export async function lenientOrigin(preference: Preference): Promise<Origin> {
  const open = new Set<Socket>();
  let seen: string[] = [];
  let bytes = "";
  const server = await listen((socket) => {
    open.add(socket.on("error", () => undefined));
    socket.on("close", () => open.delete(socket));
    let text = "";
    socket.on("end", () => socket.end());
    socket.on("data", (given) => {
      text += given.latin1Slice();
      bytes += given.latin1Slice();
      for (let read = readLeniently(text, preference); read; read = readLeniently(text, preference)) {
        text = text.slice(read.end);
        seen.push(read.request);
        socket.write(
          `HTTP/1.1 200 OK\r\nx-answers: ${encodeURIComponent(read.request)}\r\ncontent-length: 2\r\n\r\n` +
            (read.request.startsWith("HEAD ") ? "" : "ok"),
        );
      }
    });
  });
  return {
    port: portOf(server),
    take: () => {
      const taken = { requests: seen, bytes };
      seen = [];
      bytes = "";
      return Promise.resolve(taken);
    },
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
      return Promise.resolve();
    },
  };
}

/** The first request of `text`; undefined: it is not whole. */
function readLeniently(text: string, preference: Preference): Read | undefined {
  const start = /^\s*/.exec(text)?.[0].length ?? 0;
  const blank = /\r?\n\r?\n|\r\r/.exec(text.slice(start));
  if (!blank) return undefined;
  const after = start + blank.index + blank[0].length;
  const [line = "", ...fields] = text.slice(start, start + blank.index).split(/\r\n|\n|\r/);
  const lengths = new Map<string, string>();
  for (const field of fields
    .join("\n")
    .replace(/\n[ \t]+/g, " ")
    .split("\n")) {
    const colon = field.indexOf(":");
    const name = field
      .slice(0, colon)
      .replace(/[^a-z_-]/gi, "")
      .toLowerCase()
      .replaceAll("_", "-");
    if (!lengths.has(name)) lengths.set(name, field.slice(colon + 1));
  }
  const length = Number.parseInt(lengths.get("content-length") ?? "", 10);
  const chunked = (lengths.get("transfer-encoding") ?? "").toLowerCase().includes("chunked");
  const [method = "", target = ""] = line.split(/\s+/);
  const by = chunked && (Number.isNaN(length) || preference === "transfer-encoding") ? "chunks" : "length";
  const body = by === "chunks" ? readChunks(text, after) : readLength(text, after, length);
  return body && { request: `${method} ${target} ${body.text}`.trim(), end: body.end };
}

function readLength(text: string, start: number, length: number): { readonly text: string; end: number } | undefined {
  const end = start + Math.max(0, length || 0);
  return text.length < end ? undefined : { text: text.slice(start, end), end };
}

function readChunks(text: string, start: number): { readonly text: string; end: number } | undefined {
  let body = "";
  let at = start;
  for (;;) {
    const line = /^[^\n]*\n/.exec(text.slice(at))?.[0];
    if (line === undefined) return undefined;
    at += line.length;
    const size = Number.parseInt(line, 16) || 0;
    if (size === 0) {
      const end = /^(?:[^\n]*[^\r\n][^\n]*\n)*\r?\n/.exec(text.slice(at))?.[0];
      return end === undefined ? undefined : { text: body, end: at + end.length };
    }
    if (text.length < at + size) return undefined;
    body += text.slice(at, at + size);
    at += size + (/^\r?\n/.exec(text.slice(at + size))?.[0].length ?? 0);
  }
}
