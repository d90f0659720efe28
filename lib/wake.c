#include "wake.h"

#include "record.h"
#include "word.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static pid_t process; /* asked for once: getpid would be a third of the time that sending takes */
static int   wake_signal = SIGSTKFLT;
static bool  installed;
static bool  context_mask_applies = true; /* false under valgrind: see defer() */
static struct sigaction before;           /* the program's own action for the signal */

int k3thread_wake_signal(void)
{
    return wake_signal;
}

/*
 * Returns true if SIGNAL can be the wake signal. A signal that tells of an error in the code must end
 * the program; sigaction refuses the two signals of the C library.
 */
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
 * A signal below SIGRTMIN can be sent also when the user's queue of signals is full: the kernel keeps it as one
 * bit, which needs no entry. So a failure means that the thread is gone, and needs no wake-up. If the program has
 * chosen a real-time signal (k3thread_set_wake_signal), a full queue makes the call fail too, and the wake-up is late:
 * the thread wakes when its wait ends by itself.
 */
void k3t_wake_send(pid_t tid)
{
    syscall(SYS_tgkill, process, tid, wake_signal);
}

/* Forgets the timer, because a child of fork has no timers. */
void k3t_wake_in_child(void)
{
    process = getpid();
    k3t_local.repeater = 0;
}

/* The kernel's struct sigevent. */
struct kernel_event {
    union sigval value;
    int          signal;
    int          notify;
    pid_t        tid;
    int          unused[11];
};

#define NOTIFY_THREAD 4        /* SIGEV_THREAD_ID, which not every C library has */
#define REPEAT_AFTER  10000000 /* nanoseconds */

bool k3t_wake_make_timer(void)
{
    struct kernel_event event = {.signal = wake_signal, .notify = NOTIFY_THREAD, .tid = gettid()};
    const int           saved_errno = errno;
    int                 timer;

    if (k3t_local.repeater == 0 && syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer) == 0)
        k3t_local.repeater = timer + 1;
    errno = saved_errno;
    return k3t_local.repeater != 0;
}

void k3t_wake_free_timer(void)
{
    if (k3t_local.repeater != 0)
        syscall(SYS_timer_delete, k3t_local.repeater - 1);
    k3t_local.repeater = 0;
}

/*
 * Keeps the sanitizers out of a function. A signal handler may interrupt the own code of a sanitizer, which must
 * not be entered again.
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
 * Sends the wake signal again, and blocks it: leave_wait() in wait.c unblocks it when the wait is over. The program
 * counter is not at the system call. It is before or after the call, where the thread will look at the word itself, or
 * in the handler of another signal that interrupted the call. The kernel would restart the call when that handler
 * returns; but the wake signal is then no longer blocked, comes first, and finds the counter at the call.
 *
 * This may happen several times within one wait: if another signal comes as that handler returns, the counter is in
 * a handler once more. valgrind does not apply the mask of the context, and would deliver the signal for ever: with
 * valgrind it is sent again only once in a wait.
 */
UNSANITIZED static void defer(ucontext_t *context)
{
    int saved_errno = errno;

    sigaddset(&context->uc_sigmask, wake_signal);
    __atomic_store_n(&k3t_local.waiting, K3T_DEFERRED, __ATOMIC_RELAXED);
    syscall(SYS_tgkill, process, gettid(), wake_signal);
    errno = saved_errno;
}

/* Makes the kernel send the wake signal once more, after a while: the C library may be just before its system call. */
UNSANITIZED static void repeat(void)
{
    const struct itimerspec once = {.it_value.tv_nsec = REPEAT_AFTER};
    const int               saved_errno = errno;

    syscall(SYS_timer_settime, k3t_local.repeater - 1, 0, &once, NULL);
    errno = saved_errno;
}

/* Sets the word of a foreign thread, which only the thread itself may do: see queue.h. */
UNSANITIZED static void set_word(void)
{
    const struct k3thread *self = k3t_local.self;
    unsigned               pending;

    if (self == NULL || !self->foreign)
        return;
    pending = *(const volatile unsigned *) &self->pending;
    *(volatile unsigned *) &k3thread_local_.word |= K3T_WORD(k3thread_local_.mask, pending);
}

/* Ends the wait of the calling thread, if it is in one that has to end. */
UNSANITIZED static void wake(ucontext_t *context)
{
    struct k3thread *self = k3t_local.self;
    uintptr_t        counter = (uintptr_t) PROGRAM_COUNTER(context);

    set_word();
    if (self == NULL || (*(volatile unsigned *) &k3thread_local_.word & K3T_WORD_WAIT) == 0)
        return;
    /* A wait of the C library reads its deadline from here. If that call begins now, it times out at once. */
    *(volatile time_t *) &self->until.tv_sec = 0;
    *(volatile long *) &self->until.tv_nsec = 0;
    if (k3t_local.waiting == K3T_REPEATED) {
        repeat();
        return;
    }
    if (k3t_local.waiting == K3T_NOT_WAITING || counter == (uintptr_t) k3t_syscall_end)
        return;
    if (counter >= (uintptr_t) k3t_syscall_begin && counter < (uintptr_t) k3t_syscall_end)
        PROGRAM_COUNTER(context) = (__typeof__(PROGRAM_COUNTER(context))) k3t_syscall_interrupted;
    else if (k3t_local.waiting == K3T_WAITING || context_mask_applies)
        defer(context);
}

/*
 * Handles the wake signal, and then calls the handler that the signal had before: if that belongs to a second copy
 * of this library in the process, it has its own threads to wake.
 */
UNSANITIZED static void on_wake(int signal, siginfo_t *info, void *context)
{
    wake(context);
    if ((before.sa_flags & SA_SIGINFO) != 0)
        before.sa_sigaction(signal, info, context);
    else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN)
        before.sa_handler(signal);
}

/*
 * Returns true if valgrind runs the program. Asks by valgrind's own request: instructions that change nothing on a
 * processor.
 */
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
 * ThreadSanitizer installs a handler of its own in place of ours, and calls ours later, with a copy of the context.
 * So the action that sigaction has set is read back from the kernel, and our handler is put into it.
 */
void k3t_wake_install(void)
{
    struct sigaction     action = {.sa_sigaction = on_wake, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    struct kernel_action raw;

    process = getpid();
    context_mask_applies = !is_on_valgrind();
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
