/*
 * The exit of a program that has the shared library, in front of the C library's.
 *
 * From glibc 2.41 on, exit holds a lock while it runs its handlers, of which one waits for threads. A
 * thread that called exit meanwhile would wait for the lock, and the two would wait for each other for
 * ever. Here such a thread is ended before it asks for the lock. A static program has no place in front
 * of the C library's exit: its threads end by pthread_exit.
 */
#include "exit.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((visibility("default"))) void exit(int status)
{
    void (*next)(int) = (void (*)(int))(uintptr_t) dlsym(RTLD_NEXT, "exit");

    k3t_exit_begin();
    if (next != NULL)
        next(status);
    _exit(status);
}
