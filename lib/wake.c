/* The wake signal: its handler, which only wakes, and how it gets there. */
#include "delivery.h"
#include "syscall.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

static pid_t process; /* asked for once: it is a third of what sending the signal takes */
static int   wake_signal = SIGSTKFLT;
static bool  installed;
static bool  mask_is_kept = true; /* a handler's change of the mask in its context holds */
static struct sigaction before;   /* what the signal was for until then */

int k3thread_wake_signal(void)
{
    return wake_signal;
}

/* The C library refuses its own two signals; one that tells of an error in the code must end it. */
static bool may_wake(int signal)
{
    switch (signal) {
    case SIGKILL:
    case SIGSTOP:
    case SIGSEGV:
    case SIGBUS:
    case SIGILL:
    case SIGFPE:
    case SIGTRAP:
    case SIGABRT:
        return false;
    default:
        return signal > 0 && sigaction(signal, NULL, &(struct sigaction){0}) == 0;
    }
}

int k3thread_set_wake_signal(int signal)
{
    const int saved_errno = errno;
    bool      legal = may_wake(signal);

    errno = saved_errno;
    if (!legal)
        return K3THREAD_VALUE_ERROR;
    if (installed)
        return signal == wake_signal ? 0 : -EBUSY;
    wake_signal = signal;
    return 0;
}

/*
 * A signal below SIGRTMIN is sent also when the user's queue of signals is full: it is then one bit,
 * and needs no more. A thread that is gone is not there to be woken, so there is nothing to tell.
 */
void k3t_wake_send(pid_t tid)
{
    syscall(SYS_tgkill, process, tid, wake_signal);
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
 * It may come so again and again in one wait: where the end of that handler lets another signal in
 * beside this one, the counter is in a handler once more. But valgrind does not block what the context
 * says, and would deliver it for ever: there, only once in a wait.
 */
UNSANITIZED static void defer(ucontext_t *context)
{
    int saved_errno = errno;

    sigaddset(&context->uc_sigmask, wake_signal);
    __atomic_store_n(&k3t_local.waiting, K3T_DEFERRED, __ATOMIC_RELAXED);
    syscall(SYS_tgkill, process, gettid(), wake_signal);
    errno = saved_errno;
}

/* Sets the word of a foreign thread, which nobody else may do. */
UNSANITIZED static void set_word(void)
{
    const struct k3thread *self = k3t_local.self;
    unsigned               pending;

    if (self == NULL || !self->foreign)
        return;
    pending = *(const volatile unsigned *) &self->pending;
    *(volatile unsigned *) &k3thread_local_.word |= K3T_WORD(k3thread_local_.mask, pending);
}

/* The thread is woken from whatever it waits in. */
UNSANITIZED static void wake(ucontext_t *context)
{
    struct k3thread *self = k3t_local.self;
    uintptr_t        counter = (uintptr_t) PROGRAM_COUNTER(context);

    set_word();
    if (self == NULL || (*(volatile unsigned *) &k3thread_local_.word & K3T_WORD_WAIT) == 0)
        return;
    *(volatile time_t *) &self->until.tv_sec = 0;
    *(volatile long *) &self->until.tv_nsec = 0;
    if (k3t_local.waiting == K3T_NOT_WAITING || counter == (uintptr_t) k3t_syscall_end)
        return;
    if (counter >= (uintptr_t) k3t_syscall_begin && counter < (uintptr_t) k3t_syscall_end)
        PROGRAM_COUNTER(context) = (__typeof__(PROGRAM_COUNTER(context))) k3t_syscall_interrupted;
    else if (k3t_local.waiting == K3T_WAITING || mask_is_kept)
        defer(context);
}

/*
 * What the signal was for before is done too: a second copy of this library in the process has its
 * own threads to wake.
 */
UNSANITIZED static void on_wake(int signal, siginfo_t *info, void *context)
{
    wake(context);
    if ((before.sa_flags & SA_SIGINFO) != 0)
        before.sa_sigaction(signal, info, context);
    else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN)
        before.sa_handler(signal);
}

/* Valgrind's own request, which is no operation to a processor: a client asks whether it is there. */
static bool is_on_valgrind(void)
{
    const unsigned long request[6] = {0x1001};
    unsigned long       result = 0;

#if defined __x86_64__
    __asm__ volatile("rolq $3, %%rdi\n\trolq $13, %%rdi\n\t"
                     "rolq $61, %%rdi\n\trolq $51, %%rdi\n\t"
                     "xchgq %%rbx, %%rbx"
                     : "+d"(result)
                     : "a"(request)
                     : "cc", "memory");
#elif defined __aarch64__
    __asm__ volatile("mov x3, %1\n\tmov x4, %2\n\t"
                     "ror x12, x12, #3\n\tror x12, x12, #13\n\t"
                     "ror x12, x12, #51\n\tror x12, x12, #61\n\t"
                     "orr x10, x10, x10\n\tmov %0, x3"
                     : "=r"(result)
                     : "r"(result), "r"(request)
                     : "cc", "memory", "x3", "x4");
#endif
    return result != 0;
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
    struct sigaction     action = {.sa_sigaction = on_wake, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    struct kernel_action raw;

    process = getpid();
    mask_is_kept = !is_on_valgrind();
    sigemptyset(&action.sa_mask);
    sigaction(wake_signal, &action, &before);
    installed = true;
    if (syscall(SYS_rt_sigaction, wake_signal, NULL, &raw, sizeof(raw.mask)) != 0)
        return;
    raw.handler = on_wake;
    syscall(SYS_rt_sigaction, wake_signal, &raw, NULL, sizeof(raw.mask));
}

void k3t_wake_unblock(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, wake_signal);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}
