#include "cli/base/signal_reset.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Calls the system directly, because glibc keeps two signals to itself, and a process that posix_spawn() has started
 * ignores these two. The struct is zero, and so is valid in every layout of the system's struct.
 */
void signal_reset(int signal)
{
    static const unsigned long by_default[4];

    (void) syscall(SYS_rt_sigaction, signal, by_default, NULL, (NSIG - 1) / 8);
}

void signal_reset_all(void)
{
    for (int signal = 1; signal < NSIG; signal++)
        signal_reset(signal); /* in vain for SIGKILL and SIGSTOP */
}
