/*
 * Programs with the library that attach, for library.bats: `attached WHAT [ARGUMENT]`, run as the command of a
 * thread. Each writes a line to standard output when it is ready, and for what happens to it.
 */
#include "k3thread.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

K3THREAD_DEFINE_EXCEPTION(Reload, k3thread_Exception);
K3THREAD_DEFINE_EXCEPTION(Late, k3thread_TimeoutError);
K3THREAD_DEFINE_EXCEPTION(Odd_one, Reload);

static const char *argument;

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    char    line[512];
    int     size;
    va_list arguments;

    va_start(arguments, format);
    size = vsnprintf(line, sizeof(line) - 1, format, arguments);
    va_end(arguments);
    line[size] = '\n';
    if (write(STDOUT_FILENO, line, (size_t) size + 1) < 0)
        _exit(99);
}

static void attach(void)
{
    int error = k3thread_attach();

    if (error != 0) {
        say("attach: %d", error);
        _exit(90);
    }
}

/* Says what it catches, and goes on, until SystemExit comes. */
static void catch_all(const char *who)
{
    volatile bool on = true;

    while (on) {
        K3THREAD_TRY {
            k3thread_sleep(-1);
        }
        K3THREAD_EXCEPT(k3thread_SystemExit, e) {
            say("%s ends: %s", who, e->message);
            on = false;
        }
        K3THREAD_EXCEPT(k3thread_BaseException, e) {
            say("%s caught %s: %s", who, e->type->name, e->message);
        }
        K3THREAD_END
    }
}

static void run_catch(void)
{
    attach();
    say("ready");
    catch_all("main");
}

static void clean_up(void *arg)
{
    (void) arg;
    say("cleaned up");
}

static void run_uncaught(void)
{
    attach();
    say("ready");
    k3thread_cleanup_push(clean_up, NULL);
    k3thread_sleep(-1);
    k3thread_cleanup_pop(1);
}

/* Catches an exception, and lets another one, or the same again, leave main. */
static void run_rethrow(void)
{
    attach();
    say("ready");
    K3THREAD_TRY {
        k3thread_sleep(-1);
    }
    K3THREAD_EXCEPT(k3thread_ValueError, e) {
        k3thread_throw(&k3thread_KeyError, "own");
    }
    K3THREAD_EXCEPT(k3thread_BaseException, e) {
        K3THREAD_RERAISE();
    }
    K3THREAD_END
}

static void *work(void *arg)
{
    catch_all(k3thread_get_name(k3thread_self()));
    return arg;
}

static void begin(const char *name, bool daemon, double after)
{
    struct k3thread_options options = {.name = name, .daemon = daemon, .after = after};

    if (k3thread_start(NULL, work, NULL, &options) != 0)
        _exit(91);
}

/* Starts threads of all kinds, also with odd names. */
static void run_workers(void)
{
    begin("early", true, 0);
    attach();
    begin("worker-1", true, 0);
    begin("worker-2", true, 0);
    begin("late", true, 1000);
    begin("a/b*", true, 0);
    begin("7", true, 0);
    begin("\xff", true, 0);
    begin("\xc3\xa4 \"x\"", true, 0);
    begin("soon", true, 0.05);
    say("ready");
    catch_all("main");
}

/* Starts a thread for each name: characters at the bounds of UTF-8, and bytes just outside of them. */
static void run_names(void)
{
    static const char *const names[] = {
        "\x7e",
        "\xc2\x80",
        "\xdf\xbf",
        "\xe0\xa0\x80",
        "\xed\x9f\xbf",
        "\xee\x80\x80",
        "\xf0\x90\x80\x80",
        "\xf1\x80\x80\x80",
        "\xf4\x8f\xbf\xbf",
        "\x80",
        "\xc1\xbf",
        "\xe0\x9f\xbf",
        "\xed\xa0\x80",
        "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xc2"
        "A",
        "\xe1\x80"
        "A",
    };

    attach();
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        begin(names[i], true, 0);
    say("ready");
    catch_all("main");
}

static void *do_nothing(void *arg)
{
    return arg;
}

/* Starts ARGUMENT threads that end at once. */
static void run_brief(void)
{
    attach();
    for (int i = 0; i < atoi(argument); i++) {
        k3thread *t;

        if (k3thread_start(&t, do_nothing, NULL, NULL) != 0)
            _exit(91);
        k3thread_join(t, -1, NULL);
        k3thread_unref(t);
    }
    say("ready");
    catch_all("main");
}

static void run_publish(void)
{
    if (k3thread_publish(&Reload) != 0)
        _exit(92);
    attach();
    if (k3thread_publish(&Late) != 0 || k3thread_publish(&Odd_one) != 0 ||
        k3thread_publish(&Reload) != 0)
        _exit(93);
    say("ready");
    catch_all("main");
}

/* The errors of the functions. */
static void run_errors(void)
{
    static const k3thread_exctype other = {"Reload", &k3thread_Exception};
    static const k3thread_exctype named = {"ValueError", &k3thread_Exception};
    static const k3thread_exctype wrong = {"a b", &k3thread_Exception};
    static const k3thread_exctype alone = {"Alone", NULL};
    static k3thread_exctype       many[80];
    static char                   names[80][8];
    int                           last = 0;

    say("detach %d", k3thread_detach());
    say("publish %d %d", k3thread_publish(NULL), k3thread_publish(&alone));
    say("publish %d %d", k3thread_publish(&wrong), k3thread_publish(&named));
    last = k3thread_publish(&Reload);
    say("publish %d %d", last, k3thread_publish(&other));
    last = 0;
    for (int i = 0; i < 80 && last == 0; i++) {
        snprintf(names[i], sizeof(names[i]), "T%d", i);
        many[i] = (k3thread_exctype){names[i], &k3thread_Exception};
        last = k3thread_publish(&many[i]);
    }
    say("publish %d", last);
    errno = 77;
    say("attach %d", k3thread_attach());
    say("errno %d", errno);
    say("again %d", k3thread_attach());
    last = k3thread_detach();
    say("detach %d %d", last, k3thread_detach());
}

/* Attaches while no descriptor is left. */
static void run_short(void)
{
    const struct rlimit none = {.rlim_cur = 3, .rlim_max = 3};

    if (setrlimit(RLIMIT_NOFILE, &none) < 0)
        _exit(98);
    attach();
}

/* Detaches and attaches ARGUMENT times. */
static void run_again(void)
{
    for (int i = 0; i < atoi(argument); i++) {
        attach();
        if (k3thread_detach() != 0)
            _exit(94);
    }
    attach();
    say("ready");
    catch_all("main");
}

/* A child is not attached, and can be when its parent is no longer. The parent then waits for a signal. */
static void run_fork(void)
{
    pid_t child;

    attach();
    child = fork();
    if (child == 0) {
        say("child: %d %d", k3thread_detach(), k3thread_attach());
        _exit(0);
    }
    waitpid(child, NULL, 0);
    child = fork();
    if (child == 0) {
        while (k3thread_attach() != 0)
            usleep(1000);
        say("ready");
        catch_all("child");
        _exit(0);
    }
    say("parent: %d", k3thread_detach());
    waitpid(child, NULL, 0);
    for (;;)
        pause();
}

/* The new image attaches itself. */
static void run_exec(void)
{
    attach();
    execl("/proc/self/exe", "attached", "catch", (char *) NULL);
    _exit(95);
}

/* Only a plain thread goes on, and ends; the process ends with it. */
static void *nap(void *arg)
{
    usleep(200000);
    return arg;
}

static void run_last(void)
{
    pthread_t thread;

    attach();
    if (pthread_create(&thread, NULL, nap, NULL) != 0)
        _exit(96);
    pthread_exit(NULL);
}

/* Main computes, with no checkpoint, for ever. */
static void run_busy(void)
{
    attach();
    say("ready");
    for (;;)
        ;
}

/* Main waits with a full queue. */
static void run_full(void)
{
    attach();
    k3thread_set_mask(K3THREAD_NEVER);
    say("ready");
    k3thread_sleep(-1);
}

/* Threads that exit waits for; a handler of exit says that it runs. */
static void say_exit(void)
{
    say("exits");
}

static void run_exit(void)
{
    atexit(say_exit);
    attach();
    begin("worker", false, 0);
    say("ready");
    k3thread_sleep(-1);
}

static void on_signal(int signal)
{
    say("signal %d in %s", signal, gettid() == getpid() ? "main" : "another thread");
}

static void run_signals(void)
{
    signal(SIGUSR1, on_signal);
    attach();
    say("ready");
    catch_all("main");
}

/* Prints the threads that the library lists, and the signals that each task blocks. */
static void run_hidden(void)
{
    k3thread *threads[8];
    size_t    count;

    attach();
    count = k3thread_list(threads, 8);
    say("listed %zu", count);
    say("ready");
    catch_all("main");
}

static const struct {
    const char *name;
    void (*run)(void);
} programs[] = {
    {"catch", run_catch},     {"uncaught", run_uncaught}, {"rethrow", run_rethrow},
    {"workers", run_workers}, {"brief", run_brief},       {"publish", run_publish},
    {"errors", run_errors},   {"again", run_again},       {"fork", run_fork},
    {"exec", run_exec},       {"last", run_last},         {"busy", run_busy},
    {"full", run_full},       {"exit", run_exit},         {"signals", run_signals},
    {"hidden", run_hidden},   {"names", run_names},       {"short", run_short},
};

int main(int count, char **words)
{
    argument = count > 2 ? words[2] : "1";
    for (size_t i = 0; count > 1 && i < sizeof(programs) / sizeof(programs[0]); i++)
        if (strcmp(programs[i].name, words[1]) == 0) {
            programs[i].run();
            return 0;
        }
    return 98;
}
