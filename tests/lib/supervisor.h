/*
 * The supervisor of a process that attaches itself, as far as the process knows it: its socket, the greeting of the
 * process, and replies to its requests. There is one, with one connection at a time.
 */
#ifndef SUPERVISOR_H
#define SUPERVISOR_H

#include "peer.h"

#include <sys/eventfd.h>
#include <sys/un.h>

static char directory[] = "/tmp/k3thread-test-XXXXXX", path[64];
static int  listener, peer, permit; /* the socket, the connection to the process, and its permit */
static unsigned    asked;           /* the number of the last request that the process has made */
static const char *answer;          /* to the request to attach; NULL: it is attached */
static bool        with_permit = true;
static pid_t       supervisor;

#define TELL "\"method\":\"tell\",\"params\":{"

static inline void remove_directory(void)
{
    if (getpid() != supervisor)
        return;
    (void) unlink(path);
    (void) rmdir(directory);
}

/* Makes the supervisor's socket, and names it to the process. */
static inline void begin(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    supervisor = getpid();
    CHECK(mkdtemp(directory) != NULL);
    (void) snprintf(path, sizeof(path), "%s/socket", directory);
    CHECK_EQUAL(atexit(remove_directory), 0);
    strcpy(address.sun_path, path);
    listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_EQUAL(bind(listener, (struct sockaddr *) &address, sizeof(address)), 0);
    CHECK_EQUAL(listen(listener, 8), 0);
    permit = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
    CHECK(setenv("K3THREAD_SOCKET", path, 1) == 0 &&
          setenv("K3THREAD_ID", "0123456789012345678", 1) == 0);
}

static inline void accept_process(void)
{
    peer = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    CHECK(peer >= 0);
    peer_expect(peer, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"attach\","
                      "\"params\":{\"thread\":0123456789012345678}}");
}

/* Lets the process, whose main thread is MAIN, attach. Other lines than the reply come before it. */
static inline void let_attach(pid_t main)
{
    accept_process();
    peer_send(peer, "{\"id\":2,\"error\":{\"code\":-32008}}", -1);
    peer_send(peer, "no message", -1);
    peer_send(peer, "{\"method\":\"permit\"}", with_permit ? permit : -1);
    peer_send(peer, answer != NULL ? answer : "{\"id\":1,\"result\":{}}", -1);
    if (main != 0)
        peer_expect(peer,
                    "{\"jsonrpc\":\"2.0\"," TELL
                    "\"started\":[{\"id\":1,\"name\":\"MainThread\",\"tid\":%d}]}}",
                    main);
}

static inline void write_request(char *line, size_t size, unsigned number)
{
    (void) snprintf(line, size, "{\"jsonrpc\":\"2.0\",\"id\":%u," TELL "}}", number + 1);
}

static inline void send_reply(unsigned number)
{
    char line[64];

    (void) snprintf(line, sizeof(line), "{\"id\":%u,\"result\":{}}", number + 1);
    peer_send(peer, line, -1);
}

/* Expects the request NUMBER, and replies to it. A new attachment may tell the last request of the one before. */
static inline void reply_to(unsigned number)
{
    char got[256], last[256], wanted[256];

    write_request(last, sizeof(last), asked);
    write_request(wanted, sizeof(wanted), number);
    peer_read(peer, got, sizeof(got));
    if (number != asked && asked != 0 && strcmp(got, last) == 0) {
        send_reply(asked);
        peer_read(peer, got, sizeof(got));
    }
    CHECK_TEXT(got, wanted);
    asked = number;
    send_reply(number);
}

/* Returns true if the process has ended the connection. */
static inline bool has_hung_up(void)
{
    char byte;

    return read(peer, &byte, 1) == 0;
}

#endif
