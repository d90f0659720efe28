/*
 * Tests the hidden thread of an attached process. The case is the process, and it is the supervisor, too: a thread of
 * the C library greets the process while k3thread_attach() waits. The clock and the pauses of the hidden thread are
 * the case's own where time matters. tell.c tests what is told, and what is raised.
 */
#include "supervisor.h"

#include "lib/attach.h"
#include "lib/attach_state.h"
#include "lib/clock.h"
#include "lib/connection.h"
#include "lib/news.h"
#include "lib/published.h"
#include "lib/record.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* The linker replaces these functions: see tests/lib/rules.mk. */
int __real_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);
int __real_poll(struct pollfd *fds, nfds_t count, int timeout);
int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout);
int __real_close(int fd);
int __wrap_close(int fd);
int __real_pthread_create(pthread_t *ret, const pthread_attr_t *attributes, void *(*run)(void *arg),
                          void *arg);
int __wrap_pthread_create(pthread_t *ret, const pthread_attr_t *attributes, void *(*run)(void *arg),
                          void *arg);
char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);

/* An instant that the kernel's clock does not reach: a wait until then does not end by itself. */
#define FAR_AWAY (1000000000 * K3T_NANOSECONDS)

static _Atomic(int64_t) clock_stands_at; /* in nanoseconds; 0: it shows the true time */
static atomic_int  pauses[32]; /* the milliseconds of each pause before an attempt to reconnect */
static atomic_uint pause_count;
static atomic_uint waits;     /* how often the process has waited at its socket */
static atomic_uint looks;     /* how often the hidden thread has waited for something to do */
static atomic_int  last_look; /* the milliseconds that it waits */
static atomic_uint limited_looks;
static atomic_int  wake_to_close = -1, asked_at_the_end;
static int         no_thread, no_copy; /* the calls until one fails */

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
    const int64_t now = clock_stands_at;

    if (now == 0)
        return __real_clock_gettime(clock, ret);
    *ret = (struct timespec){now / K3T_NANOSECONDS, now % K3T_NANOSECONDS};
    return 0;
}

static bool is_socket(int fd)
{
    struct stat info;

    return fstat(fd, &info) == 0 && S_ISSOCK(info.st_mode);
}

/* A pause is woken once before it is over, as by news. */
static int pause_for(struct pollfd *wake, int timeout)
{
    static bool woken;

    woken = !woken;
    if (woken)
        return eventfd_write(wake->fd, 1) == 0 ? 1 : -1;
    CHECK_EQUAL(__real_poll(wake, 1, 0), 0); /* the wake-up was taken */
    CHECK(pause_count < 32);
    pauses[pause_count++] = timeout;
    clock_stands_at += timeout * (K3T_NANOSECONDS / 1000);
    return 0;
}

int __wrap_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    CHECK(count == 1 || count == 2);
    if (count == 2) {
        last_look = timeout;
        limited_looks += timeout >= 0;
        looks++;
        return __real_poll(fds, count, timeout);
    }
    if (!is_socket(fds[0].fd) && clock_stands_at != 0)
        return pause_for(fds, timeout);
    waits++;
    return __real_poll(fds, count, timeout);
}

/* The hidden thread closes the descriptor by which it is woken when nothing can wake it any more. */
int __wrap_close(int fd)
{
    if (fd == wake_to_close)
        asked_at_the_end = k3t_attach_ask_to_tell(NULL, NULL, 0);
    return __real_close(fd);
}

int __wrap_pthread_create(pthread_t *ret, const pthread_attr_t *attributes, void *(*run)(void *arg),
                          void *arg)
{
    return no_thread > 0 && --no_thread == 0 ? EAGAIN
                                             : __real_pthread_create(ret, attributes, run, arg);
}

char *__wrap_strdup(const char *text)
{
    return no_copy > 0 && --no_copy == 0 ? NULL : __real_strdup(text);
}

static void *greet(void *arg)
{
    let_attach(getpid());
    reply_to(asked + 1);
    return arg;
}

static void *refuse(void *arg)
{
    let_attach(0);
    return arg;
}

/* Calls k3thread_attach(), while PLAY runs as the supervisor. */
static int attach_to(void *(*play)(void *arg))
{
    pthread_t thread;
    int       error;

    CHECK_EQUAL(__real_pthread_create(&thread, NULL, play, NULL), 0);
    errno = 77;
    error = k3thread_attach();
    CHECK_EQUAL(errno, 77);
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
    return error;
}

/* Returns the tid of the hidden thread, or 0 if there is none. */
static pid_t find_hidden(void)
{
    DIR           *tasks = opendir("/proc/self/task");
    struct dirent *task;
    char           file[300], name[32];
    pid_t          found = 0;
    FILE          *comm;

    CHECK(tasks != NULL);
    while ((task = readdir(tasks)) != NULL) {
        (void) snprintf(file, sizeof(file), "/proc/self/task/%s/comm", task->d_name);
        comm = fopen(file, "re");
        if (comm == NULL)
            continue;
        if (fgets(name, sizeof(name), comm) != NULL && strcmp(name, "k3thread-attach\n") == 0)
            found = atoi(task->d_name);
        fclose(comm);
    }
    closedir(tasks);
    return found;
}

static void the_environment_names_the_supervisor(void)
{
    static const char *const wrong[] = {"", "x", "1x", " 1", "-1", "01234567890123456789"};

    CHECK_EQUAL(k3thread_detach(), -ENOENT);
    (void) unsetenv("K3THREAD_SOCKET");
    (void) unsetenv("K3THREAD_ID");
    errno = 77;
    CHECK_EQUAL(k3thread_attach(), -ENOENT);
    CHECK_EQUAL(errno, 77);
    begin();
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        CHECK_EQUAL(setenv("K3THREAD_ID", wrong[i], 1), 0);
        CHECK_EQUAL(k3thread_attach(), -ENOENT);
    }
    close(listener);
    CHECK_EQUAL(setenv("K3THREAD_ID", "9", 1), 0);
    no_copy = 1;
    CHECK_EQUAL(k3thread_attach(), -ENOMEM);
    CHECK(fcntl(STDIN_FILENO, F_GETFD) >= 0); /* there was no connection to close */
    CHECK_EQUAL(k3thread_attach(), -ECONNREFUSED);
    (void) unsetenv("K3THREAD_SOCKET");
    CHECK_EQUAL(k3thread_attach(), -ENOENT);
    CHECK_EQUAL(k3thread_detach(), -ENOENT);
    CHECK_EQUAL(find_hidden(), 0);
}

K3THREAD_DEFINE_EXCEPTION(Early, k3thread_Exception);
K3THREAD_DEFINE_EXCEPTION(Reload, k3thread_Exception);

static atomic_bool published; /* k3thread_publish() has returned */

/* Tells the process many things, and at last that the supervisor knows the type. */
static void *reply_to_news(void *arg)
{
    char line[128];

    peer_expect(peer, "{\"jsonrpc\":\"2.0\"," TELL
                      "\"published\":[{\"name\":\"Reload\",\"base\":\"Exception\"}]}}");
    (void) snprintf(line, sizeof(line), "{\"id\":%u,\"result\":{}}", asked + 1);
    peer_send(peer, line, -1); /* once more */
    (void) snprintf(line, sizeof(line), "{\"id\":%u,\"method\":\"other\"}", asked + 2);
    peer_send(peer, line, -1);
    peer_send(peer, "{\"id\":9,\"method\":\"raise\"}", -1);
    asked++;
    peer_expect(peer, "{\"jsonrpc\":\"2.0\",\"id\":%u," TELL "}}", asked + 1);
    peer_expect(
        peer,
        "{\"jsonrpc\":\"2.0\",\"id\":9,\"error\":{\"code\":-32004,\"message\":\"withdrawn\"}}");
    WAIT_FOR(test_state(getpid()) == 'S'); /* it waits, or it has waited in vain */
    CHECK(!published);
    send_reply(asked);
    return arg;
}

static void the_process_attaches_and_detaches(void)
{
    pthread_t thread;
    unsigned  news;
    int       open;

    begin();
    open = test_count_open();
    for (int i = 0; i < 3; i++) {
        CHECK_EQUAL(attach_to(greet), 0);
        CHECK_EQUAL(k3thread_attach(), 0); /* it is attached already */
        WAIT_FOR(find_hidden() != 0);
        CHECK_EQUAL(k3thread_list(NULL, 0), 1);
        CHECK(peer_is_silent(peer) && peer_is_silent(listener));
        CHECK_EQUAL(k3thread_detach(), 0);
        CHECK(has_hung_up());
        close(peer);
        WAIT_FOR(find_hidden() == 0);
        CHECK_EQUAL(test_count_open(), open);
        CHECK_EQUAL(k3thread_detach(), -ENOENT);
    }
    k3t_news_note_begun(k3thread_self());
    CHECK(k3t_news_take(&news) == NULL); /* no news are kept any more */
    CHECK_EQUAL(attach_to(greet), 0);
    CHECK_EQUAL(k3thread_publish(NULL), K3THREAD_TYPE_ERROR);
    CHECK_EQUAL(k3thread_publish(&(const k3thread_exctype){"Alone", NULL}), K3THREAD_VALUE_ERROR);
    CHECK_EQUAL(k3thread_publish(&(const k3thread_exctype){NULL, &k3thread_Exception}),
                K3THREAD_VALUE_ERROR);
    CHECK_EQUAL(k3thread_publish(&(const k3thread_exctype){"a b", &k3thread_Exception}),
                K3THREAD_VALUE_ERROR);
    CHECK(peer_is_silent(peer));
    CHECK_EQUAL(pthread_create(&thread, NULL, reply_to_news, NULL), 0);
    clock_stands_at = FAR_AWAY; /* so the process waits for as long as it takes */
    CHECK_EQUAL(k3thread_publish(&Reload), 0);
    published = true;
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
    CHECK_EQUAL(k3thread_detach(), 0);
}

static void a_refusal_is_an_error(void)
{
    static const struct {
        const char *answer;
        int         error;
    } table[] = {{"{\"id\":1,\"error\":{\"code\":-32011}}", -EBUSY},
                 {"{\"id\":1,\"error\":{\"code\":-32008}}", -EPERM},
                 {"{\"id\":1,\"error\":{\"code\":-32003}}", -ESRCH},
                 {"{\"id\":1,\"error\":{\"code\":-32602}}", -EPROTO}};
    int open;

    begin();
    open = test_count_open();
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        answer = table[i].answer;
        CHECK_EQUAL(attach_to(refuse), table[i].error);
        CHECK(has_hung_up());
        close(peer);
        CHECK_EQUAL(test_count_open(), open);
    }
    answer = NULL;
    with_permit = false;
    CHECK_EQUAL(attach_to(refuse), -EPROTO);
    close(peer);
    with_permit = true;
    no_thread = 1;
    CHECK_EQUAL(attach_to(refuse), -EAGAIN);
    CHECK(has_hung_up());
    close(peer);
    for (int i = 1; i <= 2; i++) {
        no_copy = i;
        CHECK_EQUAL(k3thread_attach(), -ENOMEM);
        CHECK(peer_is_silent(listener));
    }
    CHECK_EQUAL(test_count_open(), open);
    CHECK_EQUAL(find_hidden(), 0);
    CHECK_EQUAL(attach_to(greet), 0);
    CHECK_EQUAL(k3thread_detach(), 0);
    close(peer);
    WAIT_FOR(find_hidden() == 0);
    CHECK_EQUAL(test_count_open(), open);
}

/* Hangs up instead of an answer. */
static void *hang_up(void *arg)
{
    accept_process();
    close(peer);
    return arg;
}

/* Answers nothing, until the process has waited for as long as it may. */
static void *keep_silent(void *arg)
{
    unsigned before;

    accept_process();
    WAIT_FOR(waits > 0);
    clock_stands_at += K3T_ATTACH_PATIENCE * K3T_NANOSECONDS - 1;
    before = waits;
    peer_send(peer, "{\"id\":2,\"result\":{}}", permit);
    WAIT_FOR(waits > before + 1); /* it waits still */
    clock_stands_at += 1;
    return arg;
}

static pid_t child;

/* Forks while the process waits for the answer, and refuses it. The child stays. */
static void *fork_meanwhile(void *arg)
{
    accept_process();
    child = fork();
    if (child == 0)
        while (fcntl(STDIN_FILENO, F_GETFD) >= 0)
            pause();
    peer_send(peer, "{\"id\":1,\"error\":{\"code\":-32003}}", -1);
    return arg;
}

static void a_child_of_a_process_that_attaches_has_no_connection(void)
{
    int status;

    begin();
    CHECK_EQUAL(attach_to(fork_meanwhile), -ESRCH);
    close(listener);
    CHECK(has_hung_up());
    CHECK(kill(child, SIGKILL) == 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status));
}

static void a_silent_supervisor_is_left(void)
{
    int open;

    begin();
    open = test_count_open();
    CHECK_EQUAL(attach_to(hang_up), -ECONNRESET);
    clock_stands_at = FAR_AWAY;
    CHECK_EQUAL(attach_to(keep_silent), -ETIMEDOUT);
    clock_stands_at = 0;
    CHECK(has_hung_up());
    close(peer);
    CHECK_EQUAL(test_count_open(), open);
    CHECK_EQUAL(attach_to(greet), 0);
    CHECK_EQUAL(k3thread_detach(), 0);
}

/* Returns the line that raises KeyError with MESSAGE, under ID. */
static const char *raise_line(unsigned id, const char *exception, const char *message)
{
    static char line[256];

    (void) snprintf(
        line, sizeof(line),
        "{\"id\":%u,\"method\":\"raise\",\"params\":{\"exception\":\"%s\",\"message\":\"%s\"}}", id,
        exception, message);
    return line;
}

static void catch_raise(const char *message)
{
    volatile bool caught = false;

    K3THREAD_TRY {
        k3thread_sleep(-1);
    }
    K3THREAD_EXCEPT(k3thread_KeyError, e) {
        CHECK_TEXT(e->message, message);
        caught = true;
    }
    K3THREAD_END
    CHECK(caught);
}

static void the_hidden_thread_serves(void)
{
    unsigned before;
    pid_t    hidden;

    begin();
    CHECK_EQUAL(attach_to(greet), 0);
    WAIT_FOR((hidden = find_hidden()) != 0);
    CHECK_EQUAL(eventfd_write(permit, 1), 0);
    peer_send(peer, raise_line(9, "KeyError", "one"), -1);
    catch_raise("one");
    peer_expect(peer,
                "{\"jsonrpc\":\"2.0\",\"id\":9,\"result\":{\"id\":1,\"name\":\"MainThread\"}}");
    peer_send(peer, raise_line(10, "KeyError", "withdrawn"), -1);
    peer_expect(
        peer,
        "{\"jsonrpc\":\"2.0\",\"id\":10,\"error\":{\"code\":-32004,\"message\":\"withdrawn\"}}");
    /* Two messages at once, others between them, and one that comes in two pieces. */
    CHECK_EQUAL(eventfd_write(permit, 2), 0);
    peer_send(peer,
              "{\"id\":11,\"method\":\"other\"}\nno "
              "message\n{\"id\":1}\n{\"id\":12,\"method\":\"raise\",\"params\":"
              "{\"exception\":\"KeyError\",\"message\":\"two\"}}\n{\"id\":13,\"method\":\"raise\"}",
              -1);
    catch_raise("two");
    peer_expect(peer,
                "{\"jsonrpc\":\"2.0\",\"id\":12,\"result\":{\"id\":1,\"name\":\"MainThread\"}}");
    peer_expect(peer, "{\"jsonrpc\":\"2.0\",\"id\":13,\"error\":{\"code\":-32002,"
                      "\"message\":\"the process has not published this exception\"}}");
    CHECK(!k3thread_pending() && peer_is_silent(peer));
    /* It sleeps while nothing comes. */
    WAIT_FOR(test_state(hidden) == 'S');
    before = looks;
    WAIT_FOR(test_state(hidden) == 'S');
    CHECK_EQUAL(looks, before);
    CHECK(last_look == -1 && limited_looks == 0);
    CHECK_EQUAL(k3thread_detach(), 0);
}

/* Lets the process attach again. It tells everything anew, with its last request. */
static void let_reconnect(void)
{
    let_attach(getpid());
    peer_expect(peer, "{\"jsonrpc\":\"2.0\"," TELL
                      "\"published\":[{\"name\":\"Early\",\"base\":\"Exception\"}]}}");
    reply_to(asked);
}

static void *greet_with_type(void *arg)
{
    let_attach(getpid());
    peer_expect(peer, "{\"jsonrpc\":\"2.0\"," TELL
                      "\"published\":[{\"name\":\"Early\",\"base\":\"Exception\"}]}}");
    reply_to(asked + 1);
    return arg;
}

static void check_pauses(unsigned count, const int *wanted)
{
    WAIT_FOR(pause_count >= count);
    for (unsigned i = 0; i < count; i++)
        CHECK_EQUAL(pauses[i], wanted[i] + 1);
    CHECK_EQUAL(pause_count, count);
    pause_count = 0;
}

/* Lets the stack grow: valgrind cannot do that where it puts the frame of a signal. */
static __attribute__((noinline)) void grow_stack(void)
{
    volatile char deep[16 * 1024];

    deep[0] = 'x';
    CHECK_EQUAL(deep[0], 'x');
}

static void a_lost_connection_is_made_again(void)
{
    static const int first[] = {20, 40, 80}, again[] = {160}, anew[] = {20},
                     all[] = {20,   40,   80,   160,  320,  1000, 1000, 1000,
                              1000, 1000, 1000, 1000, 1000, 1000, 1000, 1000};
    int open;

    grow_stack();
    begin();
    open = test_count_open();
    CHECK_EQUAL(k3thread_publish(&Early), 0);
    clock_stands_at = FAR_AWAY;
    CHECK_EQUAL(attach_to(greet_with_type), 0);
    for (int i = 0; i < 3; i++) { /* a connection that does not last does not reset the pauses */
        close(peer);
        let_reconnect();
    }
    check_pauses(3, first);
    clock_stands_at += K3T_NANOSECONDS - 1;
    close(peer);
    let_reconnect();
    check_pauses(1, again);
    CHECK_EQUAL(eventfd_write(permit, 1), 0);
    peer_send(peer, raise_line(9, "KeyError", "later"), -1);
    peer_expect(peer,
                "{\"jsonrpc\":\"2.0\",\"id\":9,\"result\":{\"id\":1,\"name\":\"MainThread\"}}");
    CHECK(k3thread_take(NULL) && !k3thread_pending());
    clock_stands_at += K3T_NANOSECONDS;
    close(peer);
    let_reconnect();
    check_pauses(1, anew);
    clock_stands_at += K3T_NANOSECONDS;
    CHECK_EQUAL(unlink(path), 0);
    close(peer);
    check_pauses(16, all);
    WAIT_FOR(find_hidden() == 0); /* it has given up */
    CHECK_EQUAL(test_count_open(), open);
    CHECK_EQUAL(k3thread_detach(), -ENOENT);
}

/* Returns the descriptor by which the hidden thread is woken: the newest eventfd but the permit. */
static int find_wake(void)
{
    int found = -1;

    for (int fd = 0; fd < 32; fd++) {
        char path_of_fd[64], target[64] = "";

        (void) snprintf(path_of_fd, sizeof(path_of_fd), "/proc/self/fd/%d", fd);
        if (readlink(path_of_fd, target, sizeof(target) - 1) > 0 &&
            strcmp(target, "anon_inode:[eventfd]") == 0 && fd != permit)
            found = found < 0 ? fd : found;
    }
    return found;
}

static void a_refused_process_does_not_connect_again(void)
{
    int open;

    static const char *const answers[] = {"{\"id\":1,\"error\":{\"code\":-32011}}",
                                          "{\"id\":1,\"error\":{\"code\":-32008}}",
                                          "{\"id\":1,\"error\":{\"code\":-32003}}"};
    static const int         once[] = {20}, twice[] = {20, 40};

    begin();
    open = test_count_open();
    for (int i = 0; i < 3; i++) {
        clock_stands_at = FAR_AWAY;
        CHECK_EQUAL(attach_to(greet), 0);
        wake_to_close = find_wake();
        asked_at_the_end = 0;
        answer = answers[i];
        close(peer);
        let_attach(0);
        CHECK(has_hung_up());
        close(peer);
        WAIT_FOR(find_hidden() == 0);
        check_pauses(1, once);
        CHECK_EQUAL(asked_at_the_end, -ENOENT);
        wake_to_close = -1;
        CHECK_EQUAL(k3thread_detach(), -ENOENT);
        answer = NULL;
    }
    CHECK_EQUAL(attach_to(greet), 0);
    close(peer);
    answer = "{\"id\":1,\"error\":{\"code\":-32602}}"; /* another error may pass */
    let_attach(0);
    close(peer);
    answer = NULL;
    let_attach(getpid());
    reply_to(asked);
    check_pauses(2, twice);
    CHECK_EQUAL(k3thread_detach(), 0);
    CHECK(has_hung_up());
    close(peer);
    CHECK_EQUAL(test_count_open(), open);
}

TEST_MAIN({"environment", the_environment_names_the_supervisor},
          {"attached", the_process_attaches_and_detaches}, {"refused", a_refusal_is_an_error},
          {"silent", a_silent_supervisor_is_left}, {"serves", the_hidden_thread_serves},
          {"reconnects", a_lost_connection_is_made_again},
          {"forks", a_child_of_a_process_that_attaches_has_no_connection},
          {"gives-up", a_refused_process_does_not_connect_again})
