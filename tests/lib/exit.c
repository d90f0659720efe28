/* Tests the exit rule and the excepthook. Each scenario runs in a process of its own. */
#include "test.h"

#include <stdatomic.h>

static char output[4096];

/* Runs SCENARIO, which has to exit with the status WANTED and write TEXT. */
static void check_child(void (*scenario)(void), int wanted, const char *text)
{
    const int status = test_child(scenario, output, sizeof(output));

    if (!WIFEXITED(status) || WEXITSTATUS(status) != wanted || strcmp(output, text) != 0) {
        fprintf(stderr, "status %#x, output: %s\n", (unsigned) status, output);
        test_fail(__FILE__, __LINE__, "scenario");
    }
}

static void say(const char *text)
{
    CHECK_EQUAL(write(STDOUT_FILENO, text, strlen(text)), (ssize_t) strlen(text));
}

static void *sleep_a_little(void *arg)
{
    CHECK_EQUAL(k3thread_sleep(0.2), 0);
    say(arg);
    return arg;
}

static void *sleep_for_ever(void *arg)
{
    (void) k3thread_sleep(-1);
    return arg;
}

static void *pause_for_ever(void *arg)
{
    for (;;)
        pause();
    return arg;
}

static void start(k3thread_target target, void *arg)
{
    CHECK_EQUAL(k3thread_start(NULL, target, arg, NULL), 0);
}

/* Ends main itself: process.bats looks at the output. */
static void return_from_main(void)
{
    start(sleep_a_little, "waited\n");
}

static void start_and_exit(void)
{
    start(sleep_a_little, "waited");
    exit(3);
}

static void status_is_kept(void)
{
    check_child(start_and_exit, 3, "waited");
}

static void daemons_only(void)
{
    CHECK_EQUAL(k3thread_daemon(NULL, sleep_for_ever, NULL, NULL), 0);
    CHECK_EQUAL(k3thread_daemon(NULL, pause_for_ever, NULL, NULL), 0);
    exit(4);
}

static void daemons_and_one(void)
{
    CHECK_EQUAL(k3thread_daemon(NULL, sleep_for_ever, NULL, NULL), 0);
    start_and_exit();
}

static void daemons_are_dropped(void)
{
    check_child(daemons_only, 4, "");
    check_child(daemons_and_one, 3, "waited");
}

static void *exit_five(void *arg)
{
    (void) arg;
    exit(5);
}

static void exit_in_thread(void)
{
    start(sleep_a_little, "waited");
    start(exit_five, NULL);
    (void) k3thread_sleep(-1);
}

/* The exit waits for the other thread, but not for main, which is adopted. */
static void exit_from_a_thread(void)
{
    check_child(exit_in_thread, 5, "waited");
}

static void exit_alone_in_thread(void)
{
    start(exit_five, NULL);
    (void) k3thread_sleep(-1);
}

/* The thread that exits does not wait for itself. */
static void exit_from_the_only_thread(void)
{
    check_child(exit_alone_in_thread, 5, "");
}

static void leave_at_once(void)
{
    start(sleep_for_ever, NULL);
    _exit(6);
}

static void underscore_exit(void)
{
    check_child(leave_at_once, 6, "");
}

static void kill_oneself(void)
{
    start(sleep_for_ever, NULL);
    (void) kill(getpid(), SIGTERM);
    (void) k3thread_sleep(-1);
}

static void fatal_signal(void)
{
    const int status = test_child(kill_oneself, output, sizeof(output));

    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

static void *start_another(void *arg)
{
    CHECK_EQUAL(k3thread_sleep(0.05), 0);
    start(sleep_a_little, arg);
    return NULL;
}

static void start_during_exit(void)
{
    start(start_another, "later");
    exit(7);
}

/* exit also waits for threads that are started while it waits. */
static void started_during_exit(void)
{
    check_child(start_during_exit, 7, "later");
}

static void *exit_too(void *arg)
{
    WAIT_FOR(test_state(getpid()) == 'S');
    (void) arg;
    exit(8);
}

static void exit_twice(void)
{
    start(sleep_a_little, "waited");
    start(exit_too, NULL);
    exit(7);
}

/* A second exit, while the first one waits, ends only its own thread: the first status stands. */
static void two_exits(void)
{
    check_child(exit_twice, 7, "waited");
}

static k3thread   *second;
static atomic_bool in_function; /* exit is in a function that the program has registered */

static void *exit_second(void *arg)
{
    (void) arg;
    WAIT_FOR(in_function);
    exit(8);
}

static void await_second(void)
{
    in_function = true;
    WAIT_FOR(k3thread_get_tid(second) == 0);
}

static void exit_slowly(void)
{
    CHECK_EQUAL(k3thread_start(&second, exit_second, NULL, NULL), 0);
    start(sleep_a_little, "waited");
    CHECK_EQUAL(atexit(await_second), 0);
    exit(7);
}

/* So does one that comes before the library waits. A test's exit is the C library's, as the return of main is. */
static void second_exit_before_the_wait(void)
{
    check_child(exit_slowly, 7, "waited");
}

static void start_delayed(void)
{
    const struct k3thread_options options = {.after = 0.1};

    CHECK_EQUAL(k3thread_start(NULL, sleep_a_little, "delayed", &options), 0);
    exit(8);
}

static void delayed_are_waited_for(void)
{
    check_child(start_delayed, 8, "delayed");
}

static void *raise_in_main(void *arg)
{
    WAIT_FOR(test_state(k3thread_get_tid(arg)) == 'S');
    CHECK_EQUAL(k3thread_send_exception(arg, &k3thread_SystemExit), 0);
    return sleep_a_little("not cut short");
}

static void raise_during_exit(void)
{
    start(raise_in_main, k3thread_self());
    exit(9);
}

/* exit does not throw a pending exception. */
static void raised_in_during_exit(void)
{
    check_child(raise_during_exit, 9, "not cut short");
}

static void *adopt_and_pause(void *arg)
{
    k3thread_self();
    *(atomic_bool *) arg = true;
    return pause_for_ever(NULL);
}

static void adopt_one(void)
{
    static atomic_bool adopted;
    pthread_t          thread;

    start(sleep_a_little, "waited");
    CHECK_EQUAL(pthread_create(&thread, NULL, adopt_and_pause, &adopted), 0);
    WAIT_FOR(adopted);
    exit(10);
}

static void adopted_are_not_waited_for(void)
{
    check_child(adopt_one, 10, "waited");
}

static pthread_key_t late;

static void run_late(void *text)
{
    WAIT_FOR(test_state(getpid()) == 'S');
    say(text);
}

static void *end_late(void *text)
{
    CHECK_EQUAL(pthread_setspecific(late, text), 0);
    return NULL;
}

static void exit_before_the_last_is_gone(void)
{
    CHECK_EQUAL(pthread_key_create(&late, run_late), 0);
    start(end_late, "late");
    WAIT_FOR(k3thread_list(NULL, 0) == 1);
    exit(4);
}

/* exit waits until the last thread has run the destructors of its data. */
static void last_one_is_gone(void)
{
    check_child(exit_before_the_last_is_gone, 4, "late");
}

static void throw_out_of_main(void)
{
    start(sleep_a_little, "waited");
    k3thread_throw(&k3thread_SystemExit, NULL);
}

static void throw_error_out_of_main(void)
{
    CHECK_EQUAL(k3thread_daemon(NULL, pause_for_ever, NULL, NULL), 0);
    start(sleep_a_little, "waited");
    k3thread_throw(&k3thread_KeyError, "y");
}

/* An uncaught exception in main ends the process as exit does, which waits for the other threads. */
static void exception_ends_main(void)
{
    check_child(throw_out_of_main, 0, "waited");
    check_child(throw_error_out_of_main, 1, "Exception in thread MainThread: KeyError: y\nwaited");
}

static void start_late(void)
{
    start(sleep_a_little, "late");
}

/* Registers the function before the first thread is started, so that it runs after the wait of the exit rule. */
static void start_in_a_late_function(void)
{
    CHECK_EQUAL(atexit(start_late), 0);
    start(sleep_a_little, "early ");
    exit(2);
}

static void started_by_atexit_functions(void)
{
    check_child(start_in_a_late_function, 2, "early late");
}

static atomic_bool in_destructor;

static void hang(void *arg)
{
    (void) arg;
    in_destructor = true;
    for (;;)
        pause();
}

static pthread_key_t hanging;

static void *end_by_hanging(void *arg)
{
    CHECK_EQUAL(pthread_setspecific(hanging, &hanging), 0);
    return arg;
}

static void daemon_hangs_in_its_destructor(void)
{
    CHECK_EQUAL(pthread_key_create(&hanging, hang), 0);
    CHECK_EQUAL(k3thread_daemon(NULL, end_by_hanging, NULL, NULL), 0);
    WAIT_FOR(in_destructor);
    start_and_exit();
}

static void daemon_in_its_destructor(void)
{
    check_child(daemon_hangs_in_its_destructor, 3, "waited");
}

static void *join_main(void *arg)
{
    CHECK_EQUAL(k3thread_join(arg, -1, NULL), 0);
    say("joined");
    return NULL;
}

static void exit_while_joined(void)
{
    start(join_main, k3thread_self());
    exit(5);
}

/* A thread that waits in exit will not return from exit, so a join of that thread returns. */
static void main_is_joined(void)
{
    check_child(exit_while_joined, 5, "joined");
}

static void say_after(void)
{
    say(" after");
}

static void shut_down(void)
{
    start(sleep_a_little, "waited");
    CHECK_EQUAL(atexit(say_after), 0);
    CHECK_EQUAL(k3thread_shutdown(0.001), -ETIMEDOUT);
    CHECK_EQUAL(k3thread_shutdown(-1), 0);
    exit(6);
}

static void shutdown_before_atexit_functions(void)
{
    check_child(shut_down, 6, "waited after");
}

static void *shut_down_in_a_thread(void *arg)
{
    CHECK_EQUAL(k3thread_shutdown(-1), 0); /* does not wait for its own thread */
    say(arg);
    return NULL;
}

static void shut_down_elsewhere(void)
{
    start(sleep_a_little, "waited ");
    start(shut_down_in_a_thread, "first");
    exit(6);
}

static void shutdown_from_a_thread(void)
{
    check_child(shut_down_elsewhere, 6, "waited first");
}

static void shutdown_interrupted(void)
{
    k3thread *t = test_start(sleep_for_ever, NULL);

    k3thread_set_mask(K3THREAD_RETURN);
    CHECK_EQUAL(k3thread_send_exception(k3thread_self(), &k3thread_KeyError), 0);
    CHECK_EQUAL(k3thread_shutdown(-1), -ECANCELED);
    CHECK(k3thread_take(NULL));
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_SystemExit), 0);
    CHECK(test_end(t) == &k3thread_SystemExit);
}

static pthread_key_t slow;
static atomic_bool   may_go_on;

static void go_on_when_told(void *arg)
{
    (void) arg;
    WAIT_FOR(may_go_on);
}

static void *end_slowly(void *arg)
{
    CHECK_EQUAL(pthread_setspecific(slow, &slow), 0);
    return arg;
}

/* The timeout is also that of the wait for the destructors of a thread. */
static void shutdown_beside_a_destructor(void)
{
    CHECK_EQUAL(pthread_key_create(&slow, go_on_when_told), 0);
    start(end_slowly, NULL);
    WAIT_FOR(k3thread_list(NULL, 0) == 1);
    CHECK_EQUAL(k3thread_shutdown(0.01), -ETIMEDOUT);
    may_go_on = true;
    CHECK_EQUAL(k3thread_shutdown(-1), 0);
}

static void *exit_once_more(void *arg)
{
    WAIT_FOR(test_state(getpid()) == 'S');
    exit(*(const int *) arg);
}

static void exit_beside_a_foreign_thread(void)
{
    static const int status = 9;
    pthread_t        foreign;

    start(sleep_a_little, "waited");
    CHECK_EQUAL(pthread_create(&foreign, NULL, exit_once_more, (void *) (uintptr_t) &status), 0);
    exit(7);
}

/* A thread that the library does not know ends alone, too. */
static void foreign_exit(void)
{
    check_child(exit_beside_a_foreign_thread, 7, "waited");
}

/* The excepthook. */

static void *throw(void *arg)
{
    k3thread_throw(arg, "%s", "y");
    return arg;
}

static void end_by(const k3thread_exctype *type, const char *name)
{
    const struct k3thread_options options = {.name = name};
    k3thread                     *t;

    CHECK_EQUAL(k3thread_start(&t, throw, (void *) (uintptr_t) type, &options), 0);
    CHECK(test_end(t) == type);
}

K3THREAD_DEFINE_EXCEPTION(QuietExit, k3thread_SystemExit);

static void end_three(void)
{
    end_by(&k3thread_KeyError, "loud");
    end_by(&k3thread_SystemExit, "silent");
    end_by(&QuietExit, "silent");
}

static void default_hook(void)
{
    check_child(end_three, 0, "Exception in thread loud: KeyError: y\n");
}

static void tell(k3thread *t, const struct k3thread_exc *e)
{
    char text[512];

    CHECK(t == k3thread_self() && k3thread_is_alive(t));
    CHECK_EQUAL(test_mask(), K3THREAD_NEVER);
    CHECK_EQUAL(e->sender, k3thread_get_id(t));
    snprintf(text, sizeof(text), "%s %s %s", k3thread_get_name(t), e->type->name, e->message);
    say(text);
}

static void with_hook(void)
{
    const k3thread_excepthook old = k3thread_set_excepthook(tell);

    end_three();
    CHECK(k3thread_set_excepthook(NULL) == tell);
    CHECK(k3thread_set_excepthook(tell) == old);
}

static void own_hook(void)
{
    check_child(with_hook, 0, "loud KeyError y");
}

static void throw_in_hook(k3thread *t, const struct k3thread_exc *e)
{
    (void) t;
    (void) e;
    say("hook");
    k3thread_throw(&k3thread_KeyError, "lost");
}

static void with_throwing_hook(void)
{
    k3thread_set_excepthook(throw_in_hook);
    end_three();
}

static void throwing_hook(void)
{
    check_child(with_throwing_hook, 0, "hook");
}

static void throw_foreign(void)
{
    pthread_t thread;
    void     *type = (void *) (uintptr_t) &k3thread_KeyError;

    k3thread_set_excepthook(tell);
    CHECK_EQUAL(pthread_create(&thread, NULL, throw, type), 0);
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
}

static void hook_of_adopted(void)
{
    check_child(throw_foreign, 0, "Dummy-1 KeyError y");
}

TEST_MAIN({"return-from-main", return_from_main}, {"status", status_is_kept},
          {"daemons", daemons_are_dropped}, {"from-thread", exit_from_a_thread},
          {"from-only-thread", exit_from_the_only_thread}, {"_exit", underscore_exit},
          {"signal", fatal_signal}, {"started-during", started_during_exit},
          {"two-exits", two_exits}, {"second-exit-early", second_exit_before_the_wait},
          {"foreign-exit", foreign_exit}, {"shutdown-destructor", shutdown_beside_a_destructor},
          {"delayed", delayed_are_waited_for}, {"raised-during", raised_in_during_exit},
          {"adopted", adopted_are_not_waited_for}, {"main-ends", exception_ends_main},
          {"default-hook", default_hook}, {"own-hook", own_hook}, {"throwing-hook", throwing_hook},
          {"hook-of-adopted", hook_of_adopted}, {"last-gone", last_one_is_gone},
          {"late-function", started_by_atexit_functions},
          {"daemon-destructor", daemon_in_its_destructor}, {"main-joined", main_is_joined},
          {"shutdown", shutdown_before_atexit_functions},
          {"shutdown-in-thread", shutdown_from_a_thread},
          {"shutdown-interrupted", shutdown_interrupted})
