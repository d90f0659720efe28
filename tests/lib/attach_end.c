/* Tests how an attached process ends, and what a child of it has. The case is the supervisor of a child process. */
#include "supervisor.h"

#include "lib/attach.h"

#include <pthread.h>

static int open_before; /* the descriptors of the process before it attached itself */

/* Runs PROCESS in a child process that is attached. Returns its pid. */
static pid_t run(void (*process)(void))
{
    pid_t child;

    if (listener == 0)
        begin();
    asked = 0;
    child = fork();
    if (child == 0) {
        test_unfinished = 0;
        close(listener);
        open_before = test_count_open();
        if (k3thread_attach() == 0)
            process();
        _exit(99);
    }
    let_attach(child);
    reply_to(1);
    return child;
}

/* Waits for the end of CHILD. Returns its exit status. */
static int status_of(pid_t child)
{
    int status;

    CHECK_EQUAL(waitpid(child, &status, 0), child);
    CHECK(WIFEXITED(status));
    close(peer);
    return WEXITSTATUS(status);
}

/* Raises the exception TYPE in the process, which confirms it. */
static void raise_in_process(const char *type)
{
    char line[256];

    CHECK_EQUAL(eventfd_write(permit, 1), 0);
    (void) snprintf(
        line, sizeof(line),
        "{\"id\":9,\"method\":\"raise\",\"params\":{\"exception\":\"%s\",\"message\":\"why\"}}",
        type);
    peer_send(peer, line, -1);
    peer_expect(peer,
                "{\"jsonrpc\":\"2.0\",\"id\":9,\"result\":{\"id\":1,\"name\":\"MainThread\"}}");
}

static void sleep_on(void)
{
    (void) close(STDERR_FILENO);
    (void) k3thread_sleep(-1);
}

static void handle_and_throw_on(void)
{
    (void) close(STDERR_FILENO);
    K3THREAD_TRY {
        (void) k3thread_sleep(-1);
    }
    K3THREAD_EXCEPT(k3thread_KeyError, e) {
        K3THREAD_RERAISE();
    }
    K3THREAD_END
}

static void throw_itself(void)
{
    (void) close(STDERR_FILENO);
    k3thread_throw(&k3thread_TimeoutError, "own");
}

static void exit_itself(void)
{
    k3thread_throw(&k3thread_SystemExit, "own");
}

static void the_supervisor_is_told_why_the_process_ends(void)
{
    static const struct {
        const char *type;
        int         status;
    } table[] = {{"SystemExit", 143},
                 {"KeyboardInterrupt", 130},
                 {"TimeoutError", 124},
                 {"ValueError", 1},
                 {"BaseException", 1}};
    pid_t child;

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        child = run(sleep_on);
        raise_in_process(table[i].type);
        peer_expect(peer,
                    "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tell\",\"params\":{\"exception\":"
                    "\"%s\",\"message\":\"why\"}}",
                    table[i].type);
        send_reply(2);
        CHECK(has_hung_up());
        CHECK_EQUAL(status_of(child), table[i].status);
    }
    child = run(handle_and_throw_on); /* it is still the supervisor's */
    raise_in_process("KeyError");
    peer_expect(peer, "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tell\",\"params\":{\"exception\":"
                      "\"KeyError\",\"message\":\"why\"}}");
    send_reply(2);
    CHECK(has_hung_up());
    CHECK_EQUAL(status_of(child), 1);
    /* Its own exceptions are its own. */
    child = run(throw_itself);
    CHECK(has_hung_up());
    CHECK_EQUAL(status_of(child), 1);
    child = run(exit_itself);
    CHECK(has_hung_up());
    CHECK_EQUAL(status_of(child), 0);
}

/* A handler of exit that was registered before the attachment began. */
static void check_that_it_is_over(void)
{
    if (getpid() == supervisor)
        return;
    _exit(k3thread_detach() == -ENOENT && test_count_open() == open_before ? 7 : 8);
}

static void exit_later(void)
{
    exit(3);
}

static void exit_ends_the_attachment(void)
{
    CHECK_EQUAL(atexit(check_that_it_is_over), 0);
    CHECK_EQUAL(status_of(run(exit_later)), 7);
}

static pthread_t main_thread;
static int       go[2]; /* a pipe that the supervisor closes */

/* Ends when the main thread has ended, and the supervisor wants it to. */
static void *end_after_main(void *arg)
{
    char byte;

    CHECK_EQUAL(pthread_join(main_thread, NULL), 0);
    CHECK_EQUAL(read(go[0], &byte, 1), 0);
    return arg;
}

static void leave_main(void)
{
    pthread_t thread;

    close(go[1]);
    main_thread = pthread_self();
    CHECK_EQUAL(pthread_create(&thread, NULL, end_after_main, NULL), 0);
    CHECK_EQUAL(pthread_detach(thread), 0);
    pthread_exit(NULL);
}

static void the_hidden_thread_ends_with_the_last_other_thread(void)
{
    pid_t child;

    CHECK_EQUAL(pipe2(go, O_CLOEXEC), 0);
    child = run(leave_main);
    peer_expect(peer, "{\"jsonrpc\":\"2.0\",\"method\":\"tell\",\"params\":{\"ended\":[1]}}");
    for (int i = 0; i < 3; i++) { /* it looks each time whether another thread is left */
        peer_send(peer, "{\"id\":9,\"method\":\"raise\"}", -1);
        peer_expect(
            peer,
            "{\"jsonrpc\":\"2.0\",\"id\":9,\"error\":{\"code\":-32004,\"message\":\"withdrawn\"}}");
    }
    close(go[1]);
    CHECK_EQUAL(status_of(child), 0);
    CHECK(peer_is_silent(listener)); /* it has not tried to connect anew */
}

/* Forks twice. The first child has no attachment, and the parent still has one. */
static void fork_twice(void)
{
    int   status, files[4], open;
    pid_t child = fork();

    if (child == 0) {
        CHECK_EQUAL(test_count_open(), open_before);
        CHECK_EQUAL(k3thread_detach(), -ENOENT);
        _exit(5);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 5 << 8);
    CHECK(test_count_open() > open_before);
    CHECK_EQUAL(k3thread_detach(), 0);
    for (int i = 0; i < 4; i++) /* the numbers mean other files now */
        files[i] = dup(permit);
    open = test_count_open();
    child = fork();
    if (child == 0)
        _exit(test_count_open() == open && fcntl(files[0], F_GETFD) >= 0 ? 6 : 9);
    CHECK(waitpid(child, &status, 0) == child && status == 6 << 8);
    _exit(7);
}

static void a_child_is_not_attached(void)
{
    CHECK_EQUAL(status_of(run(fork_twice)), 7);
}

TEST_MAIN({"uncaught", the_supervisor_is_told_why_the_process_ends},
          {"exit", exit_ends_the_attachment},
          {"last", the_hidden_thread_ends_with_the_last_other_thread},
          {"child", a_child_is_not_attached})
