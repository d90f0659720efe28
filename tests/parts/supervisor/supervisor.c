/*
 * Tests the process of a supervisor, from its start to its end (cli/supervisor/supervisor.h). What it is made of is this
 * file's, and writes down what it is called for. Each supervisor is a child of the test, as it exits.
 */
#include "tests/lib/test.h"

#include "cli/base/descriptors.h"
#include "cli/base/directory.h"
#include "cli/base/refused_call.h"
#include "cli/base/signal_reset.h"
#include "cli/place/journal.h"
#include "cli/process/adopted.h"
#include "cli/process/limits.h"
#include "cli/process/mark.h"
#include "cli/server/door.h"
#include "cli/server/output_times.h"
#include "cli/server/server.h"
#include "cli/server/server_signals.h"
#include "cli/supervisor/guardian.h"
#include "cli/supervisor/supervisor.h"
#include "cli/worker/environment.h"
#include "cli/worker/logs.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>

int __wrap_mallopt(int parameter, int value);
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_dup2(int from, int to);
int __wrap_dup2(int from, int to);

static bool  has_one_heap;
static char *done; /* shared with the supervisor */

static struct place              place = {.directory = (char *) "directory",
                                          .socket = (char *) "socket",
                                          .lock = (char *) "lock",
                                          .journal = (char *) "journal",
                                          .logs = (char *) "logs",
                                          .state = (char *) "state"};
static struct supervisor_options options = {
    .place = &place, .listener = 11, .lock = 12, .lifeline = 13};

/* The errors of the steps, and other results. */
static int         journal_error, logs_error, close_error, fork_error, adopt_error, serve_error;
static bool        is_old, lacks_null, lacks_input;
static size_t      strays;
static rlim_t      cpu = RLIM_INFINITY;
static const char *reason;

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
{
    size_t  size = strlen(done);
    va_list arguments;

    va_start(arguments, format);
    (void) vsnprintf(done + size, 4096 - size, format, arguments);
    va_end(arguments);
}

int __wrap_mallopt(int parameter, int value)
{
    CHECK(parameter == M_ARENA_MAX && value == 1);
    has_one_heap = true;
    return 1;
}

int __wrap_open(const char *path, int flags, ...)
{
    if (lacks_null) {
        CHECK_TEXT(path, "/dev/null");
        errno = EMFILE;
        return -1;
    }
    CHECK_EQUAL(flags & O_CREAT, 0);
    return __real_open(path, flags);
}

int __wrap_dup2(int from, int to)
{
    if (!lacks_input)
        return __real_dup2(from, to);
    errno = EBUSY;
    return -1;
}

int journal_open(const char *path)
{
    CHECK_TEXT(path, "journal");
    CHECK(raise(SIGXFSZ) == 0 && raise(SIGXCPU) == 0); /* it outlives them */
    return journal_error;
}

void journal_write(const char *format, ...)
{
    size_t  size = strlen(done);
    va_list arguments;

    va_start(arguments, format);
    (void) vsnprintf(done + size, 4096 - size, format, arguments);
    va_end(arguments);
    note("\n");
}

int logs_open(const char *logs)
{
    CHECK_TEXT(logs, "logs");
    return logs_error;
}

const char *logs_directory(void)
{
    return "logs";
}

void directory_hold(const char *directory)
{
    note("hold %s\n", directory);
}

bool refused_call_kernel_is_old(struct text *why)
{
    if (is_old)
        text_add(why, "it is too old");
    return is_old;
}

void mark_open(void)
{
    note("mark\n");
}

void signal_reset_all(void)
{
    CHECK(signal(SIGXFSZ, SIG_DFL) != SIG_DFL && signal(SIGXCPU, SIG_DFL) != SIG_DFL);
    note("reset\n");
}

void server_signals(sigset_t *ret)
{
    sigemptyset(ret);
    sigaddset(ret, SIGUSR2);
}

int descriptors_close_on_exec(void)
{
    return close_error;
}

void output_times_prepare(void)
{
    note("watch\n");
}

int guardian_fork(const struct guardian_options *guarded, pid_t *ret_guardian)
{
    CHECK(guarded->listener == 11 && guarded->lock == 12 && guarded->lifeline == 13);
    CHECK_TEXT(guarded->socket, "socket");
    CHECK_TEXT(guarded->lock_path, "lock");
    note("fork %s %s\n", guarded->directory != NULL ? guarded->directory : "-",
         guarded->state != NULL ? guarded->state : "-");
    *ret_guardian = 4321;
    return fork_error;
}

rlim_t limits_open(void)
{
    return cpu;
}

void environment_set_socket(const char *socket)
{
    note("socket %s\n", socket);
}

void environment_set_path_end(const char *directory)
{
    note("path %s\n", directory);
}

int adopted_open(void)
{
    return adopt_error;
}

size_t adopted_end(size_t *ret_left)
{
    *ret_left = 0;
    return strays;
}

void door_open(const struct place *of, int lock, pid_t guardian)
{
    CHECK(of == &place && lock == 12 && guardian == 4321);
    note("door\n");
}

void door_shut(void)
{
    note("shut\n");
}

/* Checks what the commands and the threads of the supervisor find. */
int server_run(const struct server_options *server, struct text *why)
{
    char        name[16];
    struct stat input, null;
    sigset_t    set;

    CHECK(server->listener == 11 && server->lifeline == 13 && server->guardian == 4321);
    note("serve %u%s%s\n", server->slots, server->jobserver ? " jobs" : "",
         server->is_agent ? " agent" : "");
    CHECK(fstat(STDIN_FILENO, &input) == 0 && stat("/dev/null", &null) == 0);
    CHECK(S_ISCHR(input.st_mode) && input.st_rdev == null.st_rdev);
    CHECK_EQUAL(umask(0), 077);
    CHECK_EQUAL(sigprocmask(SIG_SETMASK, NULL, &set), 0);
    CHECK(sigismember(&set, SIGUSR2) && !sigismember(&set, SIGXCPU) && !sigismember(&set, SIGTERM));
    CHECK(raise(SIGXFSZ) == 0 && raise(SIGXCPU) == 0);
    CHECK(has_one_heap);
    CHECK_EQUAL(prctl(PR_GET_NAME, name), 0);
    CHECK_TEXT(name, "k3thread");
    if (reason != NULL)
        text_add(why, reason);
    return serve_error;
}

#define RETURNED 99

/*
 * Runs a supervisor. Checks its exit STATUS, or that it has returned for the reason WANTED_WHY, and what it has DONE.
 */
static void check(int status, const char *wanted_why, const char *wanted)
{
    int   got;
    pid_t pid;

    done = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(done != MAP_FAILED);
    pid = fork();
    if (pid == 0) {
        struct text why = {0};
        int         before = test_count_open();

        supervisor_run(&options, &why);
        CHECK_EQUAL(test_count_open(), before);
        text_byte(&why, '\0', 1);
        CHECK(wanted_why != NULL);
        CHECK_TEXT(why.data, wanted_why);
        _exit(RETURNED);
    }
    CHECK_EQUAL(waitpid(pid, &got, 0), pid);
    CHECK(WIFEXITED(got));
    CHECK_EQUAL(WEXITSTATUS(got), wanted_why != NULL ? RETURNED : status);
    if (strcmp(done, wanted) != 0)
        fprintf(stderr, "%s", done);
    CHECK_TEXT(done, wanted);
    CHECK_EQUAL(munmap(done, 4096), 0);
}

static void a_supervisor_serves_to_its_end(void)
{
    CHECK_EQUAL(mkdir("logs", 0700), 0);
    check(0, NULL,
          "mark\nreset\nwatch\nfork - -\nsocket socket\ndoor\nserving socket\nserve 0\nended\n");
    CHECK(access("logs", F_OK) < 0); /* no log was left in it */
    CHECK(mkdir("logs", 0700) == 0 && mkdir("logs/log", 0700) == 0);
    options.slots = 3;
    options.jobserver = options.private_place = true;
    cpu = 1000;
    strays = 1;
    check(0, NULL,
          "hold directory\nhold state\nmark\nreset\nwatch\nfork directory state\n"
          "this supervisor will be killed when it has used 1000 s of processor time, the hard limit"
          " of its starter\n"
          "socket socket\ndoor\nserving socket\nserve 3 jobs\n"
          "1 processes had got away from their threads; they were ended\nended\n");
    CHECK_EQUAL(access("logs/log", F_OK), 0);
    cpu = RLIM_INFINITY;
    strays = 0;
    place.state = NULL;
    check(0, NULL,
          "hold directory\nmark\nreset\nwatch\nfork directory -\nsocket socket\ndoor\n"
          "serving socket\nserve 3 jobs\nended\n");
}

static void the_commands_of_an_agent_get_the_socket_of_the_run(void)
{
    int fd;

    options.commands_socket = "run";
    check(0, NULL,
          "mark\nreset\nwatch\nfork - -\nsocket run\ndoor\nserving socket\nserve 0 agent\nended\n");
    CHECK_EQUAL(mkdir("directory", 0700), 0);
    fd = __real_open("directory/k3thread", O_WRONLY | O_CREAT | O_CLOEXEC, 0700); /* it was sent */
    CHECK(fd >= 0);
    close(fd);
    check(0, NULL,
          "mark\nreset\nwatch\nfork - -\nsocket run\npath directory\ndoor\nserving socket\n"
          "serve 0 agent\nended\n");
}

static void a_supervisor_that_cannot_serve_says_why(void)
{
    serve_error = -EADDRINUSE;
    check(1, NULL,
          "mark\nreset\nwatch\nfork - -\nsocket socket\ndoor\nserving socket\nserve 0\n"
          "cannot serve: Address already in use\nshut\n");
    reason = "the moon";
    check(1, NULL,
          "mark\nreset\nwatch\nfork - -\nsocket socket\ndoor\nserving socket\nserve 0\n"
          "cannot serve: the moon\nshut\n");
    adopt_error = -EMFILE; /* then it does not serve */
    check(1, NULL,
          "mark\nreset\nwatch\nfork - -\nsocket socket\ndoor\n"
          "cannot serve: Too many open files\nshut\n");
}

/* The reason is for the caller and for the journal, as the caller may be in the background. */
static void a_supervisor_that_cannot_begin_says_why(void)
{
    fork_error = -EAGAIN;
    check(0, "cannot set up a supervisor: Resource temporarily unavailable",
          "mark\nreset\nwatch\nfork - -\n"
          "cannot set up a supervisor: Resource temporarily unavailable\n");
    close_error = -EBADF;
    check(0, "cannot set up a supervisor: Bad file descriptor",
          "mark\nreset\nwatch\ncannot set up a supervisor: Bad file descriptor\n");
    lacks_input = true;
    check(0, "cannot set up a supervisor: Device or resource busy",
          "mark\nreset\nwatch\ncannot set up a supervisor: Device or resource busy\n");
    lacks_null = true;
    check(0, "cannot open /dev/null: Too many open files",
          "mark\ncannot open /dev/null: Too many open files\n");
    is_old = true;
    check(0, "it is too old", "it is too old\n");
    logs_error = -ENOTDIR;
    check(0, "cannot use logs for logs: Not a directory",
          "cannot use logs for logs: Not a directory\n");
    journal_error = -EACCES;
    check(0, "cannot open journal: Permission denied", "cannot open journal: Permission denied\n");
}

TEST_MAIN({"serves", a_supervisor_serves_to_its_end},
          {"agent", the_commands_of_an_agent_get_the_socket_of_the_run},
          {"cannot-serve", a_supervisor_that_cannot_serve_says_why},
          {"cannot-begin", a_supervisor_that_cannot_begin_says_why})
