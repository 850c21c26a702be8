/* Speaks first, then gives back each line it hears in capitals; "bye" ends the connection. */
#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void serve(int peer) {
  static const char greeting[] = "greeter by c\n";
  char heard[512];
  ssize_t length;
  if (write(peer, greeting, sizeof greeting - 1) < 0) return;
  while ((length = read(peer, heard, sizeof heard)) > 0) {
    for (ssize_t at = 0; at < length; at++) heard[at] = (char)toupper((unsigned char)heard[at]);
    if (write(peer, heard, (size_t)length) < 0) return;
    if (length >= 3 && memcmp(heard, "BYE", 3) == 0) return;
  }
}

int main(int count, char **words) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(count > 1 ? words[1] : "7000"))};
  int one = 1, door = socket(AF_INET, SOCK_STREAM, 0);
  signal(SIGCHLD, SIG_IGN);
  setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(door, (struct sockaddr *)&at, sizeof at) < 0 || listen(door, 64) < 0) return 1;
  for (;;) {
    int peer = accept(door, NULL, NULL);
    if (peer < 0) continue;
    if (fork() == 0) {
      serve(peer);
      return 0;
    }
    close(peer);
  }
}
