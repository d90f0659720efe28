/*
 * The exit of a program that has the shared library, in front of the C library's.
 *
 * From glibc 2.41 on, exit holds a lock while it runs its handlers. One of these waits for threads;
 * a thread that called exit meanwhile would wait for the lock, and both for ever. Here it is ended
 * before. In a static program there is no such place: its threads end by pthread_exit.
 */
#include "exit.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((visibility("default"))) void exit(int status)
{
    void (*next)(int) = (void (*)(int))(uintptr_t) dlsym(RTLD_NEXT, "exit");

    k3t_exit_claim();
    if (next != NULL)
        next(status);
    _exit(status);
}
