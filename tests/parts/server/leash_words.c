/*
 * Tests how a start's leash is read, how the ends of leashes reach threads, and how the process of a client is found.
 * The kernel's answers are the test's.
 */
#include "tests/lib/test.h"
#include "tests/parts/written.h"

#include "cli/process/mark.h"
#include "cli/server/arrive.h"
#include "cli/server/client_process.h"
#include "cli/server/leash_ends.h"
#include "cli/server/leash_param.h"

#include <jansson.h>
#include <limits.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

static struct peer   peer;
static struct call   call = {.peer = &peer, .method = "start"};
static struct text   seen;
static struct record records[2] = {{.id = 1}, {.id = 2}};
static char          some_leash;
#define LEASH ((struct leash *) &some_leash)

/* The parameter of a start */

bool call_fail(struct call *failed, enum protocol_error code, const char *format, ...)
{
    char    message[512];
    va_list arguments;

    CHECK(failed == &call);
    va_start(arguments, format);
    (void) vsnprintf(message, sizeof(message), format, arguments);
    va_end(arguments);
    text_printf(&seen, "%d %s", code, message);
    return false;
}

static int opening; /* the result of leash_open() */

int leash_open(pid_t pid, struct leash **ret)
{
    text_printf(&seen, "open %d ", (int) pid);
    if (opening == 0)
        *ret = LEASH;
    return opening;
}

/* Reads the parameter, JSON, and checks what is done; LEASH is expected if it is read. */
static void check_param(const char *param, int error, const char *wanted, struct leash *leash)
{
    json_t       *value = param != NULL ? json_loads(param, JSON_DECODE_ANY, NULL) : NULL;
    struct leash *got = NULL;

    opening = error;
    CHECK_EQUAL(leash_param_read(&call, value, &got), leash != NULL || wanted[0] == '\0');
    CHECK(got == leash);
    check_written(&seen, wanted);
    json_decref(value);
}

static void a_leash_is_the_id_of_a_process(void)
{
    check_param(NULL, 0, "", NULL);
    check_param("null", 0, "", NULL);
    check_param("1", 0, "open 1 ", LEASH);
    check_param("2147483647", 0, "open 2147483647 ", LEASH);
    check_param("0", 0, "-32002 --leash: 0 is no id of a process", NULL);
    check_param("-1", 0, "-32002 --leash: -1 is no id of a process", NULL);
    check_param("2147483648", 0, "-32002 --leash: 2147483648 is no id of a process", NULL);
    check_param("\"1\"", 0, "-32001 \"leash\" must be the id of a process", NULL);
    check_param("1.5", 0, "-32001 \"leash\" must be the id of a process", NULL);
    check_param("7", -EINVAL, "open 7 -32002 --leash: 7 is a thread of a process; give the process",
                NULL);
    check_param("7", -ENOMEM,
                "open 7 -32006 --leash: cannot watch process 7: Cannot allocate memory", NULL);
}

long __real_syscall(long number, long a, long b, long c, long d);
long __wrap_syscall(long number, long a, long b, long c, long d);

static long refused;    /* the number of a system call that is refused */
static int  refused_by; /* its error */

/* The linker puts this in front of the function: see the Makefile. */
long __wrap_syscall(long number, long a, long b, long c, long d)
{
    if (number != refused)
        return __real_syscall(number, a, b, c, d);
    errno = refused_by;
    return -1;
}

/* The reason names the limit, or the call that is refused. */
static void a_process_that_cannot_be_watched_is_told(void)
{
    static const struct rlimit files = {100, 200};

    CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &files), 0);
    check_param("7", -EMFILE,
                "open 7 -32006 --leash: cannot watch process 7: Too many open files; the "
                "supervisor's own limit is 100 open files: shut it down and start it again under a "
                "higher 'ulimit -n'",
                NULL);
    refused = SYS_pidfd_open;
    refused_by = EPERM;
    opening = -EPERM;
    {
        json_t       *value = json_integer(7);
        struct leash *got = NULL;
        const char   *wanted = "open 7 -32006 --leash: cannot watch process 7: Operation not "
                               "permitted; pidfd_open(2) is refused here, by Linux ";

        CHECK(!leash_param_read(&call, value, &got) && got == NULL);
        CHECK(seen.size > strlen(wanted) && memcmp(seen.data, wanted, strlen(wanted)) == 0);
        json_decref(value);
        text_release(&seen);
    }
}

/* The ends of threads */

static int ending[2]; /* the results for the two threads */

const char *leash_message(const struct record *record)
{
    return record == &records[0] ? "first" : "second";
}

void leash_tell_again(struct record *record)
{
    (void) record;
}

int arrive_end(struct record *record, const k3thread_exctype *type, const char *message,
               void (*not_asked)(struct record *record))
{
    CHECK(type == &k3thread_SystemExit && not_asked == leash_tell_again);
    text_printf(&seen, "%d %s ", (int) record->id, message);
    return ending[record - records];
}

bool leash_tell(bool (*tell)(struct record *record))
{
    bool first = tell(&records[0]);

    return tell(&records[1]) && first;
}

static void a_leash_ends_its_threads(void)
{
    CHECK(leash_ends_advance());
    check_written(&seen, "1 first 2 second ");
    ending[0] = K3THREAD_INVALID_THREAD_ID_ERROR; /* it has ended meanwhile */
    CHECK(leash_ends_advance());
    ending[1] = -ENOMEM;
    CHECK(!leash_ends_advance());
    ending[1] = K3THREAD_SEND_RAISE_ERROR;
    CHECK(!leash_ends_advance());
    text_release(&seen);
}

/* The process of a client */

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

static int   peer_error, pidfd_error; /* of the two questions to the socket */
static pid_t peer_pid;                /* 0: as the kernel says */

int __real_getsockopt(int fd, int level, int option, void *value, socklen_t *size);
int __wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *size);
int __wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *size)
{
    int result;

    CHECK_EQUAL(level, SOL_SOCKET);
    errno = option == SO_PEERPIDFD ? pidfd_error : peer_error;
    if (errno != 0)
        return -1;
    if (option == SO_PEERPIDFD) {
        *(int *) value = (int) __real_syscall(SYS_pidfd_open, peer_pid, 0, 0, 0);
        return 0;
    }
    result = __real_getsockopt(fd, level, option, value, size);
    if (peer_pid != 0)
        ((struct ucred *) value)->pid = peer_pid > 1 ? peer_pid : 0;
    return result;
}

uint64_t mark_read(pid_t pid)
{
    return (uint64_t) pid + 1;
}

/* Checks what the client's process is at the socket FD. Returns its descriptor, or -errno. */
static int open_client(int fd)
{
    struct client_process process = {.fd = -1, .pid = -1};
    int                   error = client_process_open(fd, &process);

    if (error != 0) {
        CHECK(process.fd == -1 && process.pid == -1);
        return error;
    }
    CHECK_EQUAL(process.pid, peer_pid);
    CHECK_EQUAL(process.id, peer_pid + 1);
    return process.fd;
}

static void the_process_of_a_client_is_held(void)
{
    int       before = test_count_open(), ends[2], pidfd;
    pid_t     child = fork();
    siginfo_t info;

    CHECK(child >= 0);
    if (child == 0)
        for (;;)
            pause();
    peer_pid = child;
    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    for (int old = 0; old < 2; old++) {
        pidfd_error = old ? ENOPROTOOPT : 0; /* a kernel before Linux 6.5 */
        pidfd = open_client(ends[0]);
        CHECK(pidfd >= 0 && test_count_open() == before + 3);
        close(pidfd);
    }
    CHECK_EQUAL(kill(child, SIGKILL), 0);
    CHECK_EQUAL(waitid(P_PID, (id_t) child, &info, WEXITED | WNOWAIT), 0);
    for (int old = 0; old < 2; old++) {
        pidfd_error = old ? ENOPROTOOPT : 0;
        CHECK_EQUAL(open_client(ends[0]), -ESRCH);
    }
    CHECK_EQUAL(test_count_open(), before + 2);
    CHECK_EQUAL(waitpid(child, NULL, 0), child);
    CHECK_EQUAL(open_client(ends[0]), -ESRCH);
    refused = SYS_pidfd_open;
    refused_by = EMFILE;
    CHECK_EQUAL(open_client(ends[0]), -EMFILE);
    pidfd_error = EMFILE;
    refused = 0;
    CHECK_EQUAL(open_client(ends[0]), -EMFILE);
    pidfd_error = 0;
    peer_error = ENOTCONN;
    CHECK_EQUAL(open_client(ends[0]), -ENOTCONN);
    peer_error = 0;
    peer_pid = 1; /* it is of another namespace: 0 */
    CHECK_EQUAL(open_client(ends[0]), -ESRCH);
    CHECK_EQUAL(test_count_open(), before + 2);
}

TEST_MAIN({"param", a_leash_is_the_id_of_a_process},
          {"unwatched", a_process_that_cannot_be_watched_is_told},
          {"ends", a_leash_ends_its_threads}, {"client", the_process_of_a_client_is_held})
