"""Answers on each port given with what it is, over TCP (as HTTP) and over UDP; writes down what it hears and from whom."""
import socket
import sys
import threading


def tcp(port):
    door = socket.create_server(("", port))
    while True:
        peer, (address, _) = door.accept()
        try:
            peer.settimeout(2)
            heard = peer.recv(4096)
            if heard:
                print(f"tcp {port} from {address}: {heard[:20]!r}", flush=True)
            body = f"door {port} of {socket.gethostname()}\n".encode()
            peer.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        except OSError:
            pass
        peer.close()


def udp(port):
    door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    door.bind(("", port))
    while True:
        text, (address, _) = door.recvfrom(2048)
        print(f"udp {port} from {address}: {text!r}", flush=True)


for each in map(int, sys.argv[1:]):
    threading.Thread(target=udp, args=(each,), daemon=True).start()
    threading.Thread(target=tcp, args=(each,)).start()
