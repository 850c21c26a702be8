"""Knocks at each `host:port`: says what is answered to an HTTP request, or why nothing is."""
import socket
import sys
import threading

found = {}


def knock(target):
    host, port = target.rsplit(":", 1)
    try:
        with socket.create_connection((host, int(port)), timeout=1) as door:
            door.settimeout(1)
            door.sendall(b"GET / HTTP/1.1\r\nHost: knock\r\nConnection: close\r\n\r\n")
            heard = b""
            while chunk := door.recv(4096):
                heard += chunk
            found[target] = "answer: " + " ".join(heard.decode("latin1").split()) if heard else "closed"
    except OSError as error:
        found[target] = type(error).__name__


threads = [threading.Thread(target=knock, args=(target,)) for target in sys.argv[1:]]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for target in sys.argv[1:]:
    print(target, found[target])
