#include "hidden_thread.h"

#include "stack.h"

#include <pthread.h>
#include <signal.h>

int k3t_hidden_thread_start(void *(*run)(void *arg), size_t stack_size)
{
    pthread_attr_t attributes;
    pthread_t      thread;
    sigset_t       all, old;
    int            error = pthread_attr_init(&attributes);

    if (error != 0)
        return error;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (stack_size > 0)
        pthread_attr_setstacksize(&attributes, k3t_stack_size(stack_size));
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    error = pthread_create(&thread, &attributes, run, NULL);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attributes);
    return error;
}
