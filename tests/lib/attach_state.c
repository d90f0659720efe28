/*
 * Tests the state of an attachment, which all threads of a process share. The case is the hidden thread, too, which
 * asks for its tasks.
 */
#include "test.h"

#include "lib/attach_state.h"
#include "lib/record.h"

#include <linux/futex.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>

/* The linker replaces syscall() by this: see tests/lib/rules.mk. */
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

static void (*before_wait)(void); /* what other threads do just before the next wait for them */

long __wrap_syscall(long number, ...)
{
    void (*function)(void) = before_wait;
    va_list arguments;
    long    a[6];

    va_start(arguments, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(arguments, long);
    va_end(arguments);
    if (number == SYS_futex && a[1] == FUTEX_WAIT_BITSET_PRIVATE && function != NULL) {
        before_wait = NULL;
        function();
    }
    return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* The hidden thread of an attached process, as far as the state of the attachment knows it. */
static struct {
    int         wake;
    bool        ends;    /* it ends the attachment, and does not answer */
    const char *message; /* what it has to tell */
} hidden;

/* Waits until it is woken, and then answers or ends. */
static void *serve_once(void *arg)
{
    struct pollfd           poll_fd = {.fd = hidden.wake, .events = POLLIN};
    const k3thread_exctype *type;
    char                    message[K3THREAD_MESSAGE_MAX];
    unsigned                asked;

    CHECK_EQUAL(poll(&poll_fd, 1, -1), 1);
    CHECK_EQUAL(eventfd_read(hidden.wake, &(eventfd_t){0}), 0);
    asked = k3t_attach_asked(&type, message);
    if (hidden.message != NULL) {
        CHECK(type == &k3thread_KeyError);
        CHECK_TEXT(message, hidden.message);
    }
    if (hidden.ends)
        k3t_attach_note_ended();
    else
        k3t_attach_note_reply(asked);
    return arg;
}

static pthread_t serve(void)
{
    pthread_t thread;

    CHECK_EQUAL(pthread_create(&thread, NULL, serve_once, NULL), 0);
    return thread;
}

static void the_attachment_has_a_state(void)
{
    struct k3thread *self = k3thread_self();
    bool             there = true;
    pthread_t        thread;
    unsigned         references;
    int              first = dup(STDERR_FILENO), second = dup(STDERR_FILENO);

    k3t_attach_lock();
    k3t_attach_in_child(); /* of a process that was never attached: no descriptor is closed */
    CHECK(fcntl(STDIN_FILENO, F_GETFD) >= 0);
    references = atomic_load(&self->references);
    hidden.wake = eventfd(0, EFD_CLOEXEC);
    CHECK_EQUAL(k3t_attach_stop(0), -ENOENT);
    CHECK_EQUAL(k3t_attach_ask_to_tell(NULL, NULL, 0), -ENOENT);
    CHECK_EQUAL(k3t_attach_begin(self, &there), 0);
    CHECK(!there && !k3t_attach_must_stop());
    CHECK(k3t_attach_main() == self);
    CHECK_EQUAL(atomic_load(&self->references),
                references + 2); /* of the attachment, and of the caller */
    k3thread_unref(self);
    CHECK_EQUAL(k3t_attach_begin(self, &there), -EALREADY); /* another thread is at it */
    CHECK(!there);
    CHECK_EQUAL(k3t_attach_ask_to_tell(NULL, NULL, 0), -ENOENT);
    k3t_attach_note_served(hidden.wake);
    CHECK_EQUAL(k3t_attach_begin(self, &there), 0);
    CHECK(there);

    errno = 77;
    CHECK_EQUAL(k3t_attach_ask_to_tell(NULL, NULL, 0), -ETIMEDOUT);
    CHECK_EQUAL(errno, 77);
    CHECK_EQUAL(eventfd_read(hidden.wake, &(eventfd_t){0}), 0); /* it was woken */
    hidden.message = "why";
    thread = serve();
    CHECK_EQUAL(k3t_attach_ask_to_tell(&k3thread_KeyError, "why", 60), 0);
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
    thread = serve(); /* the exception stays the one that ends the process */
    CHECK_EQUAL(k3t_attach_ask_to_tell(NULL, NULL, 60), 0);
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
    hidden.ends = true;
    thread = serve();
    CHECK_EQUAL(k3t_attach_ask_to_tell(NULL, NULL, 60), -ECONNRESET);
    CHECK_EQUAL(pthread_join(thread, NULL), 0);

    CHECK_EQUAL(atomic_load(&self->references), references);
    CHECK_EQUAL(k3t_attach_begin(self, &there), 0); /* the next attachment */
    CHECK(!there);
    k3t_attach_note_served(hidden.wake);
    CHECK_EQUAL(k3t_attach_stop(0), -ETIMEDOUT);
    CHECK(k3t_attach_must_stop());
    CHECK_EQUAL(eventfd_read(hidden.wake, &(eventfd_t){0}), 0);
    CHECK_EQUAL(k3t_attach_begin(self, &there), -EALREADY); /* the last one is about to end */
    CHECK_EQUAL(k3t_attach_ask_to_tell(NULL, NULL, 0), -ENOENT);
    hidden.message = NULL;
    thread = serve();
    CHECK_EQUAL(k3t_attach_stop(60), 0);
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
    CHECK(k3t_attach_main() == self); /* without an attachment it is the main thread */
    k3thread_unref(self);

    CHECK_EQUAL(k3t_attach_begin(self, &there), 0);
    CHECK(!k3t_attach_must_stop());
    k3t_attach_note_served(hidden.wake);
    k3t_attach_note_ending();
    CHECK(k3t_attach_must_stop());
    k3t_attach_note_ended();
    CHECK_EQUAL(k3t_attach_begin(self, &there), 0);
    k3t_attach_note_served(hidden.wake);
    k3t_attach_note_descriptors(first, second);
    k3t_attach_lock();
    k3t_attach_in_child(); /* which closes what it has inherited, and is not attached */
    CHECK(fcntl(first, F_GETFD) < 0 && fcntl(second, F_GETFD) < 0 &&
          fcntl(hidden.wake, F_GETFD) < 0);
    CHECK_EQUAL(atomic_load(&self->references), references);
    CHECK_EQUAL(k3t_attach_stop(0), -ENOENT);
    CHECK_EQUAL(dup2(STDERR_FILENO, first), first);
    k3t_attach_lock();
    k3t_attach_in_child(); /* of the child: the number means another file now */
    CHECK(fcntl(first, F_GETFD) >= 0 && fcntl(STDIN_FILENO, F_GETFD) >= 0);
    close(first);
    CHECK_EQUAL(k3t_attach_begin(self, &there), 0);
    k3t_attach_note_served(first);
    errno = 77;
    k3t_attach_lock();
    k3t_attach_in_child(); /* of a program that has closed all descriptors */
    CHECK_EQUAL(errno, 77);

    CHECK_EQUAL(k3t_attach_begin(self, &there), 0);
    CHECK(!there);
    k3t_attach_note_served(-1); /* which cannot be woken */
    errno = 77;
    CHECK_EQUAL(k3t_attach_ask_to_tell(NULL, NULL, 0), -ETIMEDOUT);
    CHECK_EQUAL(errno, 77);
}

static void reply(void)
{
    const k3thread_exctype *type;
    char                    message[K3THREAD_MESSAGE_MAX];

    k3t_attach_note_reply(k3t_attach_asked(&type, message));
}

static void *sleep_on(void *arg)
{
    (void) k3thread_sleep(-1);
    return arg;
}

/* No reply is lost that comes before the wait for it. Nothing of an attachment is left for the next one. */
static void each_attachment_begins_anew(void)
{
    k3thread               *self = k3thread_self(), *t = test_start(sleep_on, NULL);
    const unsigned          references = atomic_load(&t->references);
    const int               wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    const k3thread_exctype *type;
    char                    message[K3THREAD_MESSAGE_MAX];
    bool                    there;

    CHECK_EQUAL(k3t_attach_begin(t, &there), 0);
    k3t_attach_note_served(wake);
    before_wait = reply;
    CHECK_EQUAL(k3t_attach_ask_to_tell(&k3thread_KeyError, "why", 3600), 0);
    CHECK_EQUAL(eventfd_read(wake, &(eventfd_t){0}), 0);
    CHECK_EQUAL(dup2(wake, STDIN_FILENO), STDIN_FILENO); /* the number that a mistake would wake */
    k3t_attach_note_ending();
    CHECK_EQUAL(k3t_attach_stop(0), -ETIMEDOUT);
    CHECK_EQUAL(k3t_attach_ask_to_tell(NULL, NULL, 0), -ENOENT);
    CHECK_EQUAL(eventfd_read(wake, &(eventfd_t){0}), -1); /* nobody was woken */
    before_wait = k3t_attach_note_ended;
    CHECK_EQUAL(k3t_attach_stop(3600), 0);
    CHECK_EQUAL(atomic_load(&t->references), references);
    CHECK(k3t_attach_main() == self);
    k3thread_unref(self);
    CHECK_EQUAL(k3t_attach_begin(t, &there), 0);
    k3t_attach_lock();
    k3t_attach_in_child();
    CHECK(k3t_attach_main() == self); /* the child's own */
    k3thread_unref(self);
    CHECK_EQUAL(k3t_attach_begin(NULL, &there), 0);
    (void) k3t_attach_asked(&type, message);
    CHECK(type == NULL);
    CHECK(k3t_attach_main() == self);
    k3thread_unref(self);
    k3t_attach_note_ended();
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_SystemExit), 0);
    CHECK(test_end(t) == &k3thread_SystemExit);
}

TEST_MAIN({"state", the_attachment_has_a_state}, {"anew", each_attachment_begins_anew})
