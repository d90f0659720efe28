/*
 * Tests the carrier (cli/remote/carrier.h): the process that reaches the
 * machines of a run. The test stands for the run's supervisor, and commands of
 * sh for those that reach the machines. The clock may be ahead.
 */
#include "tests/lib/test.h"
#include "tests/parts/written.h"

#include "cli/base/clock.h"
#include "cli/base/process_state.h"
#include "cli/place/socket.h"
#include "cli/remote/carrier.h"
#include "cli/remote/host_script.h"

#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define HOSTS_MAX 70

/* The test, as the carrier sees it. */
static struct {
    double ahead;      /* seconds that its clock is ahead */
    int    is_blocked; /* the connection to the supervisor takes no byte */
    int    events;     /* how many events its loop has got */
    int    oversleeps; /* how often its loop may have slept for longer than a sign of life allows */
    int    timeout;    /* of its last wait */
    int    forgotten;  /* how often it has freed the copy of the program */
} * seen;

int __real_epoll_wait(int fd, struct epoll_event *ret, int most, int timeout);
int __wrap_epoll_wait(int fd, struct epoll_event *ret, int most, int timeout);
int __wrap_epoll_wait(int fd, struct epoll_event *ret, int most, int timeout)
{
    int count = __real_epoll_wait(fd, ret, most, timeout);

    seen->events += count > 0 ? count : 0;
    seen->oversleeps += timeout < 0 || timeout > 2501;
    seen->timeout = timeout;
    return count;
}

void __real_host_script_forget(void);
void __wrap_host_script_forget(void);
void __wrap_host_script_forget(void)
{
    seen->forgotten++;
    __real_host_script_forget();
}

double __wrap_clock_monotonic(void);
double __real_clock_monotonic(void);
double __wrap_clock_monotonic(void)
{
    return __real_clock_monotonic() + seen->ahead;
}

ssize_t __wrap_write(int fd, const void *data, size_t size);
ssize_t __real_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size)
{
    errno = EAGAIN;
    return seen != NULL && seen->is_blocked && memmem(data, size, "jsonrpc", 7) != NULL
               ? -1
               : __real_write(fd, data, size);
}

static char             here[PATH_MAX], socket_path[PATH_MAX + 8];
static struct place     place;
static struct host_word words[HOSTS_MAX];
static char            *lines[HOSTS_MAX][4];
static char           **commands[HOSTS_MAX];
static pid_t            carrier;
static int              listener = -1, supervisor = -1;

/* Starts a carrier for COUNT machines, which the scripts reach; the last script
 * is that of all further machines. */
static void start(const char *const *scripts, size_t count)
{
    static struct host_list       list;
    static struct carrier_options options;

    seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(seen != MAP_FAILED && getcwd(here, sizeof(here)) != NULL);
    (void) snprintf(socket_path, sizeof(socket_path), "%s/s", here);
    place.socket = socket_path;
    for (size_t i = 0; i < count; i++) {
        CHECK(asprintf(&words[i].name, "box%zu", i) > 0);
        lines[i][0] = (char *) "sh";
        lines[i][1] = (char *) "-c";
        lines[i][2] = (char *) *scripts;
        commands[i] = lines[i];
        scripts += scripts[1] != NULL;
    }
    list = (struct host_list){words, count};
    options = (struct carrier_options){&place, &list, commands};
    CHECK_EQUAL(carrier_start(&options, &carrier), 0);
}

static void listen_here(void)
{
    CHECK(getcwd(here, sizeof(here)) != NULL);
    (void) snprintf(socket_path, sizeof(socket_path), "%s/s", here);
    unlink(socket_path);
    listener = socket_listen(socket_path);
    CHECK(listener >= 0);
}

static void accept_carrier(void)
{
    struct pollfd pollfd = {.fd = listener, .events = POLLIN};

    CHECK_EQUAL(poll(&pollfd, 1, -1), 1);
    supervisor = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    CHECK(supervisor >= 0);
}

/* Checks the next line that the supervisor gets; NULL: its connection ends. */
static void check_told(const char *wanted)
{
    char   line[4096];
    size_t used = 0;

    while ((used == 0 || line[used - 1] != '\n') && read(supervisor, line + used, 1) == 1)
        used++;
    line[used] = '\0';
    for (char *at = line; (at = strchr(at, '"')) != NULL;)
        *at = '\'';
    if (strcmp(line, wanted != NULL ? wanted : "") != 0) {
        fprintf(stderr, "'%s'\n", line);
        test_fail(__FILE__, __LINE__, "as it should be");
    }
}

/*
 * Checks that the carrier ends with STATUS, without a wait at the end, and that its directory is gone. It has slept
 * while nothing happened, but not for too long.
 */
static void check_end(int status)
{
    int got;

    CHECK_EQUAL(waitpid(carrier, &got, 0), carrier);
    CHECK(WIFEXITED(got));
    CHECK_EQUAL(WEXITSTATUS(got), status);
    CHECK(access("s.hosts", F_OK) < 0);
    CHECK_EQUAL(seen->timeout, 0);
    CHECK_EQUAL(seen->oversleeps, 0);
    CHECK(seen->events < 1000);
    CHECK_EQUAL(seen->forgotten > 0, status == 0);
}

/* Reads the file at PATH as a string, which lives until the next call. */
static const char *get(const char *path)
{
    static char text[65536];
    int         fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t      used = 0;
    ssize_t     n;

    while (fd >= 0 && (n = read(fd, text + used, sizeof(text) - 1 - used)) > 0)
        used += (size_t) n;
    text[used] = '\0';
    if (fd >= 0)
        close(fd);
    return text;
}

/* Returns true if the process that wrote its id to PATH is gone. */
static bool is_gone(const char *path)
{
    int pid = atoi(get(path));

    CHECK(pid > 0);
    return process_state(pid) == 0 || process_state(pid) == 'Z';
}

static const char *of_carrier(const char *name)
{
    static char path[96];

    (void) snprintf(path, sizeof(path), "/proc/%d/%s", carrier, name);
    return path;
}

/* Returns the signals that a line of the carrier's status names, such as
 * "SigIgn". */
static unsigned long long signals_of(const char *name)
{
    const char *line = strstr(get(of_carrier("status")), name);

    CHECK(line != NULL);
    return strtoull(line + strlen(name) + 1, NULL, 16);
}

static unsigned long long bit(int number)
{
    return 1ULL << (number - 1);
}

/* Replaces standard error, which the carrier shares, by the file "messages". */
static void catch_messages(void)
{
    int file = open("messages", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);

    CHECK(file >= 0 && dup2(file, STDERR_FILENO) >= 0);
    close(file);
}

/* Lets the script that waits for the fifo at PATH go on. */
static void open_fifo(const char *path)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    CHECK(fd >= 0);
    close(fd);
}

/* A command that writes its id to "first", and a file when it is told to end.
 */
#define POLITE                                                                                     \
    "trap 'echo bye >bye; exit 0' TERM; echo $$ >f; mv f first; while :; do "                      \
    "read x <never; done"
/* A command that does that when it may leave. */
#define SLOW                                                                                       \
    "trap 'read x <leave; echo bye >bye; exit 0' TERM; echo $$ >f; mv f first; while :; do "       \
    "read x <never; done"
/* A command that does not end when it is told to. */
#define STUBBORN "trap '' TERM; echo $$ >f; mv f first; exec sleep 1000"

static void the_carrier_tells_which_machine_is_lost(void)
{
    static const char *const scripts[] = {SLOW, "read x <go1; exit 3", "read x <go2; kill -9 $$",
                                          NULL};
    char                    *path;

    listen_here();
    catch_messages();
    CHECK(mkfifo("go1", 0600) == 0 && mkfifo("go2", 0600) == 0 && mkfifo("never", 0600) == 0);
    CHECK_EQUAL(mkfifo("leave", 0600), 0);
    start(scripts, 3);
    accept_carrier();
    path = carrier_socket(&place, 2);
    CHECK(strncmp(path, here, strlen(here)) == 0);
    CHECK_TEXT(path + strlen(here), "/s.hosts/2");
    WAIT_FOR(access("first", F_OK) == 0);
    CHECK(access(path, F_OK) == 0); /* all machines have their sockets before one is reached */
    free(path);
    open_fifo("go1");
    check_told("{'jsonrpc':'2.0','id':1,'method':'host','params':{'name':'box1','"
               "lost':''sh' ended "
               "with status 3','vacant':0.0}}\n");
    CHECK_EQUAL(write(supervisor, "{}\n", 3), 3); /* replies are of no use */
    open_fifo("go2");
    check_told("{'jsonrpc':'2.0','id':2,'method':'host','params':{'name':'box2','"
               "lost':''sh' was "
               "ended by signal 9','vacant':0.0}}\n");
    CHECK_EQUAL(seen->forgotten, 0); /* one machine is still awaited */
    close(supervisor);
    open_fifo("leave"); /* the command has time to end */
    check_end(0);
    CHECK(is_gone("first"));
    CHECK_TEXT(get("bye"), "bye\n");
    CHECK_TEXT(get("messages"), "k3thread: run: host 'box1' is lost: 'sh' ended with status 3\n"
                                "k3thread: run: host 'box2' is lost: 'sh' was ended by signal 9\n");
}

/* Returns true if nobody listens at PATH. */
static bool is_refused(const char *path)
{
    int fd = socket_connect(path);

    if (fd >= 0)
        close(fd);
    return fd < 0;
}

/* Returns how many descriptors of the carrier are of /dev/null. */
static int count_nulls(void)
{
    int  count = 0;
    char path[64], target[64];

    for (int fd = 0; fd < 64; fd++) {
        ssize_t n;

        (void) snprintf(path, sizeof(path), "fd/%d", fd);
        n = readlink(of_carrier(path), target, sizeof(target));
        count += n == 9 && memcmp(target, "/dev/null", 9) == 0;
    }
    return count;
}

static void the_carrier_is_a_process_of_its_own(void)
{
    static const char *const scripts[] = {STUBBORN, NULL};
    struct rlimit            limit;
    struct stat              info;
    int                      ends[2];
    mode_t                   mask = umask(0277);
    char                     byte, path[64], target[64] = "", *socket;

    listen_here();
    CHECK_EQUAL(pipe(ends), 0);
    CHECK(dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
    CHECK(signal(SIGINT, SIG_DFL) != SIG_ERR && signal(SIGHUP, SIG_DFL) != SIG_ERR);
    CHECK_EQUAL(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = 100;
    CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
    start(scripts, 1);
    umask(mask);
    close(ends[1]);
    CHECK_EQUAL(read(ends[0], &byte, 1), 0); /* the carrier does not keep it open */
    accept_carrier();
    WAIT_FOR(access("first", F_OK) == 0);
    CHECK(stat("s.hosts", &info) == 0 && (info.st_mode & 07777) == 0700);
    CHECK_TEXT(get(of_carrier("comm")), "k3-carrier\n");
    CHECK_EQUAL(getsid(carrier), carrier);
    CHECK_EQUAL(signals_of("SigIgn") & (bit(SIGINT) | bit(SIGHUP) | bit(SIGPIPE)),
                bit(SIGINT) | bit(SIGHUP) | bit(SIGPIPE));
    CHECK_EQUAL(signals_of("SigBlk"), bit(SIGCHLD) | bit(SIGTERM));
    CHECK_EQUAL(prlimit(carrier, RLIMIT_NOFILE, NULL, &limit), 0);
    CHECK(limit.rlim_cur == limit.rlim_max && limit.rlim_cur > 100);
    for (int fd = 0; fd < 2; fd++) {
        (void) snprintf(path, sizeof(path), "fd/%d", fd);
        CHECK(readlink(of_carrier(path), target, sizeof(target)) == 9);
        CHECK_TEXT(target, "/dev/null");
    }
    CHECK_EQUAL(count_nulls(), 2);
    CHECK_EQUAL(kill(carrier, SIGINT), 0); /* which is for the run */
    CHECK_EQUAL(kill(carrier, SIGTERM), 0);
    socket = carrier_socket(&place, 0);
    WAIT_FOR(is_refused(socket)); /* it has taken the signal */
    free(socket);
    CHECK_EQUAL(waitpid(carrier, NULL, WNOHANG), 0);
    seen->ahead = 5; /* the command does not end within that time */
    CHECK_EQUAL(kill(carrier, SIGTERM), 0);
    check_end(0);
    WAIT_FOR(is_gone("first"));
}

/* Returns the number of processes that the carrier has started. */
static int count_children(void)
{
    char  path[64];
    int   count = 0;
    char *at;

    (void) snprintf(path, sizeof(path), "task/%d/children", carrier);
    for (at = (char *) get(of_carrier(path)); *at != '\0'; at++)
        count += *at == ' ';
    return count;
}

static void what_the_supervisor_does_not_take_is_sent_later(void)
{
    static const char *const scripts[] = {"read x <go1; exit 3", "read x <go2; exit 4", NULL};

    listen_here();
    catch_messages();
    CHECK(mkfifo("go1", 0600) == 0 && mkfifo("go2", 0600) == 0);
    start(scripts, 2);
    accept_carrier();
    seen->is_blocked = 1;
    open_fifo("go1");
    WAIT_FOR(strstr(get("messages"), "box0") != NULL);
    open_fifo("go2");
    WAIT_FOR(strstr(get("messages"), "box1") != NULL);
    seen->is_blocked = 0;
    seen->events = 0; /* the loop could not know that the connection takes nothing */
    check_told("{'jsonrpc':'2.0','id':1,'method':'host','params':{'name':'box0','"
               "lost':''sh' ended "
               "with status 3','vacant':0.0}}\n");
    check_told("{'jsonrpc':'2.0','id':2,'method':'host','params':{'name':'box1','"
               "lost':''sh' ended "
               "with status 4','vacant':0.0}}\n");
    close(supervisor);
    check_end(0);
}

/* A supervisor that takes nothing more has ended, for the carrier. */
static void a_broken_connection_ends_the_carrier(void)
{
    static const char *const scripts[] = {"read x <go1; exit 3", POLITE, NULL};

    listen_here();
    catch_messages();
    CHECK(mkfifo("go1", 0600) == 0 && mkfifo("never", 0600) == 0);
    start(scripts, 2);
    accept_carrier();
    WAIT_FOR(access("first", F_OK) == 0);
    CHECK_EQUAL(shutdown(supervisor, SHUT_RD), 0);
    open_fifo("go1");
    check_end(0);
    CHECK(is_gone("first"));
}

/* Returns true if the file at PATH has the SIZE bytes at DATA. */
static bool file_has(const char *path, const void *data, size_t size)
{
    static char bytes[65536];
    int         fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t     n = fd >= 0 ? read(fd, bytes, sizeof(bytes)) : 0;

    if (fd >= 0)
        close(fd);
    return n > 0 && memmem(bytes, (size_t) n, data, size) != NULL;
}

/* Requests of a client get to the machine at once. */
static void clients_reach_the_machine(void)
{
    static const char *const scripts[] = {"printf 'k3thread-agent up 1 8\\n'; cat >frames", NULL};
    char                    *path;
    int                      fd;

    listen_here();
    start(scripts, 1);
    accept_carrier();
    check_told(
        "{'jsonrpc':'2.0','id':1,'method':'host','params':{'name':'box0','processors':8}}\n");
    path = carrier_socket(&place, 0);
    fd = socket_connect(path);
    free(path);
    CHECK(fd >= 0);
    WAIT_FOR(file_has("frames", "\1\0\0\0\1\0\0\0", 8)); /* its channel is opened */
    CHECK_EQUAL(write(fd, "hello", 5), 5);
    WAIT_FOR(file_has("frames", "\1\0\0\0\2\5\0\0hello", 13));
    close(supervisor);
    check_end(0);
}

static void sixty_four_machines_are_reached_at_a_time(void)
{
    static const char *const scripts[] = {"echo begun >>begun; exec sleep 1000",
                                          "read x <go1; exit 3",
                                          "echo begun >>begun; exec sleep 1000", NULL};

    listen_here();
    catch_messages();
    CHECK(mkfifo("go1", 0600) == 0);
    start(scripts, HOSTS_MAX);
    accept_carrier();
    WAIT_FOR(strlen(get("begun")) >= 63 * strlen("begun\n"));
    CHECK_EQUAL(count_children(), 64);
    open_fifo("go1");
    check_told("{'jsonrpc':'2.0','id':1,'method':'host','params':{'name':'box1','"
               "lost':''sh' ended "
               "with status 3','vacant':0.0}}\n");
    WAIT_FOR(strlen(get("begun")) >= 64 * strlen("begun\n"));
    CHECK_EQUAL(count_children(), 64);
    seen->ahead = 10; /* for those that are silent so long, others are reached */
    CHECK_EQUAL(write(supervisor, "{}\n", 3), 3);
    WAIT_FOR(strlen(get("begun")) == (HOSTS_MAX - 1) * strlen("begun\n"));
    CHECK(strstr(get("messages"), "k3thread: run: host 'box0' has not answered for 10 seconds\n") !=
          NULL);
    CHECK_EQUAL(kill(carrier, SIGTERM), 0);
    check_end(0);
}

static void without_a_supervisor_there_is_no_carrier(void)
{
    static const char *const scripts[] = {"echo begun >>begun; exec sleep 1000", NULL};
    struct carrier_options   options = {.place = &place};
    pid_t                    pid = -7;

    CHECK(getcwd(here, sizeof(here)) != NULL);
    start(scripts, 1);
    check_end(1);
    CHECK(access("begun", F_OK) < 0);
    CHECK_EQUAL(mkdir("s.hosts", 0700), 0);
    CHECK_EQUAL(carrier_start(&options, &pid), -EEXIST);
    place.socket = (char *) "./none/s";
    CHECK_EQUAL(carrier_start(&options, &pid), -ENOENT);
    CHECK_EQUAL(pid, -7);
}

TEST_MAIN({"lost", the_carrier_tells_which_machine_is_lost},
          {"process", the_carrier_is_a_process_of_its_own},
          {"later", what_the_supervisor_does_not_take_is_sent_later},
          {"broken", a_broken_connection_ends_the_carrier}, {"clients", clients_reach_the_machine},
          {"many", sixty_four_machines_are_reached_at_a_time},
          {"failures", without_a_supervisor_there_is_no_carrier})
