/*
** A line with a length: passes on what comes between its clients and one address of this machine, in
** both directions at once, each byte half a round trip later, and no faster than the line's rate.
**
** All connections share the line, whose two directions do not disturb each other. Bytes leave as if
** they had been sent one after the other at the rate, and arrive half a round trip after that. A
** connection's first bytes are a round trip late, as a handshake is. What TCP does about losses, and
** its slow start, is not played.
**
** Usage: delay PORT MS MBIT, where MS is the round trip. Prints the port that it listens on, and
** ends with its standard input.
*/
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_CONNECTIONS 200
#define PIECE_BYTES 8192
/* How much the line's entrance may hold, in seconds of its rate: like the buffer of a router. */
#define QUEUE_S 0.005

struct piece {
  struct piece *next;
  double due; /* when it arrives */
  size_t bytes, sent;
  char data[PIECE_BYTES];
};

/* One direction of a connection. */
struct flow {
  int from, to;
  struct piece *first, *last;
  double not_before; /* the handshake's end */
  int is_read;       /* there is nothing more to read */
  int is_over;       /* and everything has been sent */
};

/* One direction of the line. */
static struct line {
  double free_at; /* when the last byte that was put on it has left */
} lines[2];

static struct connection {
  int is_open;
  struct flow flows[2]; /* from the client, to the client */
} connections[MAX_CONNECTIONS];

static double half_s, bytes_per_s;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what) {
  perror(what);
  exit(1);
}

static struct sockaddr_in loopback(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

static void prepare(int fd) {
  int yes = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
  fcntl(fd, F_SETFL, O_NONBLOCK);
}

static int listen_somewhere(void) {
  struct sockaddr_in address = loopback(0);
  socklen_t bytes = sizeof(address);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, bytes) != 0 || listen(fd, 64) != 0)
    die("listen");
  fcntl(fd, F_SETFL, O_NONBLOCK);
  getsockname(fd, (struct sockaddr *)&address, &bytes);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return fd;
}

static void open_connection(int listener, int port) {
  struct sockaddr_in address = loopback(port);
  int client = accept(listener, NULL, NULL), server = -1;
  if (client < 0) return;
  for (int i = 0; i < MAX_CONNECTIONS; i++) {
    struct connection *c = &connections[i];
    if (c->is_open) continue;
    server = socket(AF_INET, SOCK_STREAM, 0);
    if (server < 0 || connect(server, (struct sockaddr *)&address, sizeof(address)) != 0) break;
    prepare(client);
    prepare(server);
    memset(c, 0, sizeof(*c));
    c->is_open = 1;
    c->flows[0] = (struct flow){.from = client, .to = server, .not_before = now() + 2 * half_s};
    c->flows[1] = (struct flow){.from = server, .to = client};
    return;
  }
  if (server >= 0) close(server);
  close(client);
}

/* May more be put on the line now? */
static int has_room(const struct line *line, double at) {
  return line->free_at - at < QUEUE_S;
}

static void take(struct flow *flow, struct line *line, double at) {
  struct piece *piece = malloc(sizeof(*piece));
  if (piece == NULL) die("malloc");
  ssize_t n = read(flow->from, piece->data, PIECE_BYTES);
  if (n <= 0) {
    free(piece);
    if (n == 0 || (errno != EAGAIN && errno != EINTR)) flow->is_read = 1;
    return;
  }
  double begins = at > flow->not_before ? at : flow->not_before;
  if (begins < line->free_at) begins = line->free_at;
  line->free_at = begins + (double)n / bytes_per_s;
  piece->due = line->free_at + half_s;
  piece->bytes = (size_t)n;
  piece->sent = 0;
  piece->next = NULL;
  if (flow->last)
    flow->last->next = piece;
  else
    flow->first = piece;
  flow->last = piece;
}

/* Hands out what has arrived. */
static void deliver(struct flow *flow, double at) {
  while (flow->first && flow->first->due <= at) {
    struct piece *piece = flow->first;
    ssize_t n = send(flow->to, piece->data + piece->sent, piece->bytes - piece->sent, MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n < 0) flow->is_read = 1; /* nobody listens: what comes is dropped */
    piece->sent += n < 0 ? piece->bytes - piece->sent : (size_t)n;
    if (piece->sent < piece->bytes) return;
    flow->first = piece->next;
    if (flow->first == NULL) flow->last = NULL;
    free(piece);
  }
  if (flow->first || !flow->is_read || flow->is_over) return;
  shutdown(flow->to, SHUT_WR);
  flow->is_over = 1;
}

/* Adds what a flow waits for; *wake becomes the time of its next arrival, if that is earlier. What
** nobody takes stops the flow, as a full window does. */
static void watch(const struct flow *flow, const struct line *line, fd_set *reads, fd_set *writes,
                  double at, double *wake) {
  double next = *wake;
  if (flow->first && flow->first->due <= at) {
    FD_SET(flow->to, writes);
    return;
  }
  if (flow->first) next = flow->first->due;
  if (!flow->is_read && has_room(line, at))
    FD_SET(flow->from, reads);
  else if (!flow->is_read && line->free_at - QUEUE_S < next)
    next = line->free_at - QUEUE_S;
  if (next < *wake) *wake = next;
}

static void serve(struct connection *c, const fd_set *reads, double at) {
  for (int i = 0; i < 2; i++) {
    struct flow *flow = &c->flows[i];
    if (!flow->is_read && FD_ISSET(flow->from, reads)) take(flow, &lines[i], at);
    deliver(flow, at);
  }
  if (!c->flows[0].is_over || !c->flows[1].is_over) return;
  close(c->flows[0].from);
  close(c->flows[0].to);
  c->is_open = 0;
}

static void turn(int listener, int port) {
  fd_set reads, writes;
  double at = now(), wake = at + 60;
  FD_ZERO(&reads);
  FD_ZERO(&writes);
  FD_SET(STDIN_FILENO, &reads);
  FD_SET(listener, &reads);
  for (int i = 0; i < MAX_CONNECTIONS; i++) {
    struct connection *c = &connections[i];
    for (int j = 0; c->is_open && j < 2; j++)
      watch(&c->flows[j], &lines[j], &reads, &writes, at, &wake);
  }
  double wait = wake > at ? wake - at : 0;
  struct timespec timeout = {(time_t)wait, (long)((wait - (double)(time_t)wait) * 1e9)};
  if (pselect(FD_SETSIZE, &reads, &writes, NULL, &timeout, NULL) < 0) die("pselect");
  char command[64];
  if (FD_ISSET(STDIN_FILENO, &reads) && read(STDIN_FILENO, command, sizeof(command)) <= 0) exit(0);
  at = now();
  for (int i = 0; i < MAX_CONNECTIONS; i++) {
    if (connections[i].is_open) serve(&connections[i], &reads, at);
  }
  if (FD_ISSET(listener, &reads)) open_connection(listener, port);
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  half_s = atof(argv[2]) / 2000;
  bytes_per_s = atof(argv[3]) * 1e6 / 8;
  if (bytes_per_s <= 0) return 2;
  signal(SIGPIPE, SIG_IGN);
  int listener = listen_somewhere();
  for (;;)
    turn(listener, atoi(argv[1]));
}
