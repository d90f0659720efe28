/* Tests `supervise`: which place it takes, what it hands to the supervisor, and whom it tells that clients can come. */
#include "tests/parts/commands/played.h"

#include "cli/base/descriptors.h"
#include "cli/client/launch.h"
#include "cli/supervisor/supervisor.h"

#include <stddef.h>
#include <sys/un.h>

static char noted[4000]; /* what was called, each as a line */
static int  claim_error, state_error, socket_error;
static bool has_state;

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
    size_t  used = strlen(noted);
    va_list arguments;

    va_start(arguments, format);
    (void) vsnprintf(noted + used, sizeof(noted) - used, format, arguments);
    va_end(arguments);
}

int __wrap_launch_claim(const struct place *place, struct claim *ret, struct text *why);
int __wrap_launch_claim(const struct place *place, struct claim *ret, struct text *why)
{
    CHECK_TEXT(place->socket, "/nowhere/socket");
    note("claim\n");
    *ret = (struct claim){.listener = 41, .lock = 42, .has_state = has_state};
    if (claim_error != 0)
        text_add(why, "it is taken");
    return claim_error;
}

void __wrap_launch_give_up(const struct place *place, struct claim *claim);
void __wrap_launch_give_up(const struct place *place, struct claim *claim)
{
    CHECK_TEXT(place->socket, "/nowhere/socket");
    note("give up %d %d\n", claim->listener, claim->lock);
}

int __wrap_place_set_state(struct place *place, const char *state);
int __wrap_place_set_state(struct place *place, const char *state)
{
    CHECK_TEXT(place->socket, "/nowhere/socket");
    note("state %s\n", state != NULL ? state : "beside the socket");
    return state_error;
}

void __wrap_descriptors_close_from(int first);
void __wrap_descriptors_close_from(int first)
{
    note("close from %d\n", first);
}

int __wrap_get_nprocs(void);
int __wrap_get_nprocs(void)
{
    return 6;
}

int __real_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol);
int __wrap_socket(int domain, int type, int protocol)
{
    CHECK(domain == AF_UNIX && type == (SOCK_DGRAM | SOCK_CLOEXEC));
    errno = socket_error;
    return socket_error != 0 ? -1 : __real_socket(domain, type, protocol);
}

ssize_t __wrap_sendto(int fd, const void *data, size_t size, int flags,
                      const struct sockaddr *address, socklen_t length);
ssize_t __wrap_sendto(int fd, const void *data, size_t size, int flags,
                      const struct sockaddr *address, socklen_t length)
{
    const struct sockaddr_un *where = (const struct sockaddr_un *) address;
    size_t                    path = length - offsetof(struct sockaddr_un, sun_path);

    CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC && flags == MSG_NOSIGNAL);
    CHECK(where->sun_family == AF_UNIX && path <= sizeof(where->sun_path));
    note("%.*s at %s%.*s\n", (int) size, (const char *) data,
         where->sun_path[0] == '\0' ? "abstract " : "",
         (int) (where->sun_path[0] == '\0' ? path - 1 : path),
         where->sun_path + (where->sun_path[0] == '\0'));
    errno = ENOENT;
    return -1;
}

void __wrap_supervisor_run(const struct supervisor_options *options, struct text *why);
void __wrap_supervisor_run(const struct supervisor_options *options, struct text *why)
{
    CHECK_TEXT(options->place->socket, "/nowhere/socket");
    note("run %d %d %d, %u slots%s%s%s%s\n", options->listener, options->lock, options->lifeline,
         options->slots, options->jobserver ? ", jobserver" : "",
         options->private_place ? ", private" : "",
         options->commands_socket != NULL ? ", agent " : "",
         options->commands_socket != NULL ? options->commands_socket : "");
    text_add(why, "no room");
}

/* Plays WORDS behind `supervise`, which ends with a failure. */
static void check(const char *words, const char *wanted, const char *err, int status)
{
    char        line[500];
    struct play played = {.words = line, .err = err, .status = status};

    (void) snprintf(line, sizeof(line), "supervise %s", words);
    noted[0] = '\0';
    play(&played);
    if (strcmp(noted, wanted) != 0)
        fprintf(stderr, "%s: noted: %s", line, noted);
    CHECK_TEXT(noted, wanted);
}

#define NO_ROOM "k3thread: supervise: no room\n"

static void a_place_is_taken(void)
{
    CHECK(unsetenv("NOTIFY_SOCKET") == 0);
    has_state = true;
    check("", "claim\nrun 41 42 -1, 0 slots\ngive up 41 42\n", NO_ROOM, 1);
    has_state = false;
    check("", "claim\nstate beside the socket\nrun 41 42 -1, 0 slots\ngive up 41 42\n", NO_ROOM, 1);
    state_error = -ENOMEM;
    check("", "claim\nstate beside the socket\ngive up 41 42\n",
          "k3thread: supervise: Cannot allocate memory\n", 1);
    state_error = 0;
    claim_error = -EADDRINUSE;
    check("", "claim\n", "k3thread: supervise: it is taken\n", 1);
}

static void a_place_is_handed_over(void)
{
    CHECK(unsetenv("NOTIFY_SOCKET") == 0);
    has_state = true;
    check("--listen-fd=3 --lock-fd=4",
          "close from 5\nstate beside the socket\nrun 3 4 -1, 0 slots\ngive up 3 4\n", NO_ROOM, 1);
    check("--listen-fd=1000000 --lock-fd=4 --state=/s",
          "close from 1000001\nstate /s\nrun 1000000 4 -1, 0 slots\ngive up 1000000 4\n", NO_ROOM,
          1);
    check("--listen-fd=3 --lock-fd=9 --lifeline-fd=5",
          "close from 10\nstate beside the socket\nrun 3 9 5, 0 slots\ngive up 3 9\n", NO_ROOM, 1);
    check("--listen-fd=3 --lock-fd=4 --lifeline-fd=5 --private --agent=/c.sock --slots=7",
          "close from 6\nstate beside the socket\nrun 3 4 5, 7 slots, private, agent /c.sock\n"
          "give up 3 4\n",
          NO_ROOM, 1);
    state_error = -ENOMEM;
    check("--listen-fd=3 --lock-fd=4", "close from 5\nstate beside the socket\ngive up 3 4\n",
          "k3thread: supervise: Cannot allocate memory\n", 1);
}

static void settings_are_read(void)
{
#define ADVICE "Try 'k3thread supervise --help' for more.\n"
    CHECK(unsetenv("NOTIFY_SOCKET") == 0);
    has_state = true;
    check("--slots=1", "claim\nrun 41 42 -1, 1 slots\ngive up 41 42\n", NO_ROOM, 1);
    check("--slots 1000000", "claim\nrun 41 42 -1, 1000000 slots\ngive up 41 42\n", NO_ROOM, 1);
    check("--jobserver", "claim\nrun 41 42 -1, 6 slots, jobserver\ngive up 41 42\n", NO_ROOM, 1);
    check("--jobserver --slots=3", "claim\nrun 41 42 -1, 3 slots, jobserver\ngive up 41 42\n",
          NO_ROOM, 1);
    check("--lifeline-fd=3", "claim\nrun 41 42 3, 0 slots\ngive up 41 42\n", NO_ROOM, 1);
    check("--slots=0", "",
          "k3thread: supervise: ValueError: --slots takes a number of 1 or more, not '0'\n", 64);
    check("--listen-fd=2 --lock-fd=4", "", "k3thread: supervise: '2' is not a descriptor\n" ADVICE,
          64);
    check("--listen-fd=3 --lock-fd=1000001", "",
          "k3thread: supervise: '1000001' is not a descriptor\n" ADVICE, 64);
    check("--listen-fd=3", "",
          "k3thread: supervise: --listen-fd and --lock-fd go together\n" ADVICE, 64);
    check("--lock-fd=3", "", "k3thread: supervise: --listen-fd and --lock-fd go together\n" ADVICE,
          64);
    check("--private", "", "k3thread: supervise: --private also needs --lifeline-fd\n" ADVICE, 64);
    check("--agent=/c.sock", "", "k3thread: supervise: --agent also needs --lifeline-fd\n" ADVICE,
          64);
    check("x", "", "k3thread: supervise: unexpected argument 'x'\n" ADVICE, 64);
}

static void an_init_system_is_told(void)
{
    char path[120], wanted[300];

    has_state = true;
    CHECK(setenv("NOTIFY_SOCKET", "/run/notify", 1) == 0);
    check("", "claim\nREADY=1 at /run/notify\nrun 41 42 -1, 0 slots\ngive up 41 42\n", NO_ROOM, 1);
    CHECK(setenv("NOTIFY_SOCKET", "@x", 1) == 0);
    check("", "claim\nREADY=1 at abstract x\nrun 41 42 -1, 0 slots\ngive up 41 42\n", NO_ROOM, 1);
    CHECK(setenv("NOTIFY_SOCKET", "@", 1) == 0);
    check("", "claim\nrun 41 42 -1, 0 slots\ngive up 41 42\n", NO_ROOM, 1);
    CHECK(setenv("NOTIFY_SOCKET", "", 1) == 0);
    check("", "claim\nrun 41 42 -1, 0 slots\ngive up 41 42\n", NO_ROOM, 1);
    memset(path, 'x', sizeof(path));
    path[0] = '/';
    path[107] = '\0';
    CHECK(setenv("NOTIFY_SOCKET", path, 1) == 0);
    (void) snprintf(wanted, sizeof(wanted),
                    "claim\nREADY=1 at %s\nrun 41 42 -1, 0 slots\ngive up 41 42\n", path);
    check("", wanted, NO_ROOM, 1);
    path[107] = 'x';
    path[108] = '\0';
    CHECK(setenv("NOTIFY_SOCKET", path, 1) == 0);
    check("", "claim\nrun 41 42 -1, 0 slots\ngive up 41 42\n", NO_ROOM, 1);
    CHECK(setenv("NOTIFY_SOCKET", "/run/notify", 1) == 0);
    socket_error = EMFILE;
    check("", "claim\nrun 41 42 -1, 0 slots\ngive up 41 42\n", NO_ROOM, 1);
}

TEST_MAIN({"claim", a_place_is_taken}, {"given", a_place_is_handed_over},
          {"settings", settings_are_read}, {"notify", an_init_system_is_told})
