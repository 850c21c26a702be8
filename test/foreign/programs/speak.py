"""Hears a server that speaks first, says each word given as a line, and prints all that was said back."""
import socket
import sys

with socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5) as door:
    lines = door.makefile("rw", newline="\n")
    print(lines.readline(), end="")
    for word in sys.argv[3:]:
        print(word, file=lines, flush=True)
        print(lines.readline(), end="")
