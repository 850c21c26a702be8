"""Sends a datagram to ports 8000 and 9999, and an echo request where this user may, to each address."""
import socket
import struct
import sys


def attempt(what, kind, protocol, data, to):
    try:
        with socket.socket(socket.AF_INET, kind, protocol) as door:
            door.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            door.sendto(data, to)
    except OSError as error:
        print(what, to[0], type(error).__name__)


echo = struct.pack("!BBHHH", 8, 0, 0xF7FE, 0, 1)
for address in sys.argv[1:]:
    for port in (8000, 9999):
        attempt("datagram", socket.SOCK_DGRAM, 0, b"a datagram", (address, port))
    attempt("echo", socket.SOCK_RAW, socket.IPPROTO_ICMP, echo, (address, 0))
