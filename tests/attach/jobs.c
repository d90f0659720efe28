/*
 * A library with functions for `start --call`: see host.bats. When it is loaded, it waits for the file that GATE
 * names, and dies if FATAL is set.
 */
#include "k3thread.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

K3THREAD_DEFINE_EXCEPTION(Reload, k3thread_Exception);

int show(int argc, char **argv);
int catch_all(int argc, char **argv);
int wait_long(int argc, char **argv);
int compute(int argc, char **argv);
int crash(int argc, char **argv);
int leave(int argc, char **argv);
int fail_once(int argc, char **argv);

__attribute__((constructor)) static void load(void)
{
    const char *gate = getenv("GATE");

    (void) setvbuf(stdout, NULL, _IOLBF, 0);
    if (gate != NULL)
        puts("loading");
    while (gate != NULL && access(gate, F_OK) != 0)
        usleep(10000);
    if (getenv("FATAL") != NULL)
        raise(SIGKILL);
}

/* Says its arguments, its name, and that its mask is IMMEDIATE; returns 256 more than their number. */
int show(int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        printf("%s\n", argv[i]);
    printf("%s %s %s\n", argv[argc] == NULL ? "end" : "no end", k3thread_get_name(k3thread_self()),
           k3thread_get_mask() == K3THREAD_IMMEDIATE ? "immediate" : "masked");
    return argc + 256;
}

/* Says what it catches, until SystemExit comes. */
int catch_all(int argc, char **argv)
{
    volatile int on = 1;

    (void) argv;
    k3thread_publish(&Reload);
    puts("ready");
    while (on) {
        K3THREAD_TRY {
            k3thread_sleep(-1);
        }
        K3THREAD_EXCEPT(k3thread_SystemExit, e) {
            printf("ends: %s\n", e->message);
            on = 0;
        }
        K3THREAD_EXCEPT(k3thread_Exception, e) {
            printf("caught %s: %s\n", e->type->name, e->message);
        }
        K3THREAD_END
    }
    return 40 + argc;
}

int wait_long(int argc, char **argv)
{
    (void) argc, (void) argv;
    puts("ready");
    k3thread_sleep(-1);
    return 0;
}

/* Never waits: only a safepoint can end it. */
int compute(int argc, char **argv)
{
    volatile unsigned long n = 0;

    (void) argc, (void) argv;
    puts("ready");
    for (;;)
        n++;
}

int crash(int argc, char **argv)
{
    (void) argc, (void) argv;
    (void) signal(SIGSEGV, SIG_DFL); /* not a sanitizer's */
    raise(SIGSEGV);
    return 0;
}

int leave(int argc, char **argv)
{
    (void) argc, (void) argv;
    exit(7);
}

/* Fails, unless the file that its argument names is there. */
int fail_once(int argc, char **argv)
{
    FILE *file;

    if (argc < 2 || access(argv[1], F_OK) == 0)
        return 0;
    file = fopen(argv[1], "w");
    if (file != NULL)
        (void) fclose(file);
    return 1;
}
