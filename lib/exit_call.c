/*
 * Defines exit for a program with the shared library, in front of the C library's exit.
 *
 * From glibc 2.41 on, exit holds a lock while it runs its handlers, and one of the handlers waits for threads. A
 * thread that called exit meanwhile would wait for the lock, and the two threads would wait for each other for
 * ever. This function ends such a thread before it asks for the lock. In a static program no function can stand in
 * front of the C library's exit, so its threads have to end by pthread_exit.
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
