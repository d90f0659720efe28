/* The wake signal: its handler, which only wakes, and how it gets there. */
#include "delivery.h"
#include "syscall.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

static pid_t process; /* asked for once: it is a third of what sending the signal takes */

int k3thread_wake_signal(void)
{
    return SIGRTMAX - 3;
}

long k3t_wake_send(pid_t tid)
{
    return syscall(SYS_tgkill, process, tid, k3thread_wake_signal());
}

void k3t_wake_in_child(void)
{
    process = getpid();
}

/*
 * A handler may find the thread anywhere, also inside a sanitizer's own code, which must not be
 * entered again.
 */
#if defined __clang__
#define UNSANITIZED __attribute__((disable_sanitizer_instrumentation))
#else
#define UNSANITIZED __attribute__((no_sanitize_address, no_sanitize_thread, no_sanitize_undefined))
#endif

#if defined __x86_64__
#define PROGRAM_COUNTER(context) ((context)->uc_mcontext.gregs[REG_RIP])
#elif defined __aarch64__
#define PROGRAM_COUNTER(context) ((context)->uc_mcontext.pc)
#endif

/*
 * The counter is somewhere else: before the call or after it, which the word takes care of, or in
 * the handler of another signal that interrupted the call. Its end would restart the call. So the
 * signal is sent again, blocked where the counter is now: it comes when that handler returns.
 *
 * SI_USER: such a signal is sent even when the user's queue of signals is full. Only once: valgrind
 * does not block what the context says, and would deliver it for ever.
 */
UNSANITIZED static void defer(ucontext_t *context)
{
    int       signal = k3thread_wake_signal();
    int       saved_errno = errno;
    siginfo_t info;

    if (k3t_local.waiting == K3T_DEFERRED)
        return;
    for (size_t i = 0; i < sizeof(info); i++)
        ((volatile char *) &info)[i] = 0;
    info.si_code = SI_USER;
    sigaddset(&context->uc_sigmask, signal);
    k3t_local.waiting = K3T_DEFERRED;
    syscall(SYS_rt_tgsigqueueinfo, process, gettid(), signal, &info);
    errno = saved_errno;
}

UNSANITIZED static void on_wake(int signal, siginfo_t *info, void *data)
{
    ucontext_t *context = data;
    uintptr_t   counter = (uintptr_t) PROGRAM_COUNTER(context);

    (void) signal;
    (void) info;
    if ((*(volatile unsigned *) &k3thread_local_.word & K3T_WORD_WAIT) == 0)
        return;
    if (k3t_local.deadline != NULL) {
        k3t_local.deadline->tv_sec = 0;
        k3t_local.deadline->tv_nsec = 0;
    }
    if (k3t_local.waiting == K3T_NOT_WAITING || counter == (uintptr_t) k3t_syscall_end)
        return;
    if (counter >= (uintptr_t) k3t_syscall_begin && counter < (uintptr_t) k3t_syscall_end)
        PROGRAM_COUNTER(context) = (__typeof__(PROGRAM_COUNTER(context))) k3t_syscall_interrupted;
    else
        defer(context);
}

/* The kernel's struct sigaction. */
struct kernel_action {
    void (*handler)(int, siginfo_t *, void *);
    unsigned long flags;
    void (*restorer)(void);
    unsigned long mask;
};

/*
 * ThreadSanitizer hides handlers behind its own, which runs them later and with a copy of the
 * context. So what sigaction has set is read back from the kernel and set to the handler itself.
 */
void k3t_wake_install(void)
{
    int                  signal = k3thread_wake_signal();
    struct sigaction     action = {.sa_sigaction = on_wake, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    struct kernel_action raw;

    process = getpid();
    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, NULL);
    if (syscall(SYS_rt_sigaction, signal, NULL, &raw, sizeof(raw.mask)) != 0)
        return;
    raw.handler = on_wake;
    syscall(SYS_rt_sigaction, signal, &raw, NULL, sizeof(raw.mask));
}

void k3t_wake_unblock(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, k3thread_wake_signal());
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}
