/**
 * A program for Python: its own server and parser, which takes bare line feeds and folds. It prints its port, and for
 * each line of its input the requests since the last one as a JSON list; it ends with its input.
 */
export const pythonServer = `
import json, os, socketserver, sys, threading
from http.server import BaseHTTPRequestHandler
from urllib.parse import quote

seen = []

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def __getattr__(self, name):
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)

    def log_message(self, *_):
        pass

    def chunks(self):
        body = b""
        while True:
            size = int(self.line().split(b";")[0].strip() or b"0", 16)
            if size == 0:
                break
            body += self.bytes(size)
            self.line()
        while self.line().strip():
            pass
        return body

    def line(self):
        line = self.rfile.readline()
        if not line.endswith(b"\\n"):
            raise EOFError
        return line

    def bytes(self, length):
        read = self.rfile.read(length)
        if len(read) < length:
            raise EOFError
        return read

    def answer(self):
        if "chunked" in (self.headers.get("transfer-encoding") or "").lower():
            body = self.chunks()
        else:
            body = self.bytes(int(self.headers.get("content-length") or 0))
        request = (self.command + " " + self.path + " " + body.decode("latin-1")).strip()
        seen.append(request)
        self.send_response(200)
        self.send_header("x-answers", quote(request, safe=""))
        self.send_header("content-length", "2")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(b"ok")

class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128
    def handle_error(self, *_):
        pass

server = Server(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
for _ in sys.stdin:
    taken = seen[:]
    del seen[:len(taken)]
    print(json.dumps(taken), flush=True)
os._exit(0)
`;
