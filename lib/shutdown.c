/* Does the wait of the exit rule before exit, for k3thread_shutdown. */
#include "adopt.h"
#include "deliver.h"
#include "exit.h"
#include "wait.h"

static __attribute__((noinline)) long shut_down(double timeout)
{
    const unsigned  own = k3t_self()->counted ? 1 : 0;
    struct timespec deadline;
    const long      result = k3t_wait_begin(timeout, &deadline);

    return result != 0 ? result : k3t_exit_wait(own, &deadline);
}

int k3thread_shutdown(double timeout)
{
    return k3t_finish(shut_down(timeout));
}
