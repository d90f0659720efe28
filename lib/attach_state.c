#include "attach_state.h"

#include "clock.h"
#include "registry.h"
#include "text.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The state of the attachment, guarded by the lock. */
static struct {
    enum { DETACHED, BEGINNING, SERVING } state;
    bool                    stop;
    int                     wake, socket, permit;
    struct k3thread        *main;
    unsigned                asked, answered; /* numbers of the last request and of the last reply */
    const k3thread_exctype *type;            /* the exception that ends the process */
    char                    message[K3THREAD_MESSAGE_MAX];
} attachment = {.wake = -1, .socket = -1, .permit = -1};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_uint     changes; /* a futex: counts replies to requests, and ends of attachments */

void k3t_attach_lock(void)
{
    pthread_mutex_lock(&lock);
}

void k3t_attach_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

static void wake_waiting(void)
{
    atomic_fetch_add(&changes, 1);
    syscall(SYS_futex, &changes, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

int k3t_attach_begin(struct k3thread *main, bool *ret_there)
{
    int error = 0;

    k3t_attach_lock();
    *ret_there = attachment.state == SERVING && !attachment.stop;
    if (attachment.state != DETACHED && !*ret_there)
        error = -EALREADY;
    if (attachment.state == DETACHED) {
        attachment.state = BEGINNING;
        attachment.stop = false;
        attachment.main = k3thread_ref(main);
        attachment.type = NULL;
    }
    k3t_attach_unlock();
    return error;
}

void k3t_attach_note_served(int wake)
{
    k3t_attach_lock();
    attachment.state = SERVING;
    attachment.wake = wake;
    k3t_attach_unlock();
}

void k3t_attach_note_ending(void)
{
    k3t_attach_lock();
    attachment.stop = true;
    attachment.wake = -1;
    k3t_attach_unlock();
}

void k3t_attach_note_ended(void)
{
    struct k3thread *main;

    k3t_attach_lock();
    attachment.state = DETACHED;
    main = attachment.main;
    attachment.main = NULL;
    k3t_attach_unlock();
    wake_waiting();
    k3thread_unref(main);
}

void k3t_attach_note_descriptors(int socket, int permit)
{
    k3t_attach_lock();
    attachment.socket = socket;
    attachment.permit = permit;
    k3t_attach_unlock();
}

bool k3t_attach_must_stop(void)
{
    bool stop;

    k3t_attach_lock();
    stop = attachment.stop;
    k3t_attach_unlock();
    return stop;
}

struct k3thread *k3t_attach_main(void)
{
    struct k3thread *main;

    k3t_attach_lock();
    main = k3thread_ref(attachment.main);
    k3t_attach_unlock();
    return main != NULL ? main : k3t_registry_find_main();
}

/*
 * Calls LOOK with NUMBER, under the lock, now and after each change, until LOOK returns another value than -EAGAIN.
 * Returns that value, or -ETIMEDOUT after SECONDS. Leaves errno alone.
 */
static int wait_until(int (*look)(unsigned number), unsigned number, int seconds)
{
    const int             saved_errno = errno;
    const int64_t         deadline = k3t_now() + seconds * K3T_NANOSECONDS;
    const struct timespec time = {deadline / K3T_NANOSECONDS, deadline % K3T_NANOSECONDS};
    int                   result = -EAGAIN;

    while (result == -EAGAIN) {
        unsigned seen = atomic_load(&changes);

        k3t_attach_lock();
        result = look(number);
        k3t_attach_unlock();
        if (result != -EAGAIN)
            break;
        syscall(SYS_futex, &changes, FUTEX_WAIT_BITSET_PRIVATE, seen, &time, NULL,
                FUTEX_BITSET_MATCH_ANY);
        if (k3t_now() >= deadline)
            result = -ETIMEDOUT;
    }
    errno = saved_errno;
    return result;
}

/* Wakes the hidden thread, which then looks for its tasks. Leaves errno alone. Caller holds the lock. */
static void wake_hidden(void)
{
    const int saved_errno = errno;

    (void) eventfd_write(attachment.wake, 1); /* it never blocks */
    errno = saved_errno;
}

/* Returns 0 if the supervisor has replied to request NUMBER, -EAGAIN if the reply may still come, or -ECONNRESET. */
static int look_at_answer(unsigned number)
{
    if ((int) (attachment.answered - number) >= 0)
        return 0;
    return attachment.state == SERVING ? -EAGAIN : -ECONNRESET;
}

int k3t_attach_ask_to_tell(const k3thread_exctype *type, const char *message, int seconds)
{
    unsigned number = 0;
    bool     is_served;

    k3t_attach_lock();
    is_served = attachment.state == SERVING && !attachment.stop;
    if (is_served) {
        number = ++attachment.asked;
        if (type != NULL) {
            attachment.type = type;
            k3t_text_copy(attachment.message, sizeof(attachment.message), message);
        }
        wake_hidden();
    }
    k3t_attach_unlock();
    return is_served ? wait_until(look_at_answer, number, seconds) : -ENOENT;
}

unsigned k3t_attach_asked(const k3thread_exctype **ret_type, char *ret_message)
{
    unsigned asked;

    k3t_attach_lock();
    asked = attachment.asked;
    *ret_type = attachment.type;
    k3t_text_copy(ret_message, K3THREAD_MESSAGE_MAX, attachment.message);
    k3t_attach_unlock();
    return asked;
}

void k3t_attach_note_reply(unsigned number)
{
    k3t_attach_lock();
    attachment.answered = number;
    k3t_attach_unlock();
    wake_waiting();
}

/* Returns 0 if the process is detached, else -EAGAIN. */
static int look_at_end(unsigned number)
{
    (void) number;
    return attachment.state == DETACHED ? 0 : -EAGAIN;
}

int k3t_attach_stop(int seconds)
{
    bool is_served;

    k3t_attach_lock();
    is_served = attachment.state == SERVING;
    if (is_served) {
        attachment.stop = true;
        wake_hidden();
    }
    k3t_attach_unlock();
    return is_served ? wait_until(look_at_end, 0, seconds) : -ENOENT;
}

static void close_inherited(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void k3t_attach_in_child(void)
{
    const int        saved_errno = errno;
    struct k3thread *main = attachment.main;

    close_inherited(&attachment.socket);
    close_inherited(&attachment.permit);
    close_inherited(&attachment.wake);
    attachment.state = DETACHED;
    attachment.main = NULL;
    k3t_attach_unlock();
    k3thread_unref(main);
    errno = saved_errno;
}
