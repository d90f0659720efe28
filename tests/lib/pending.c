/*
 * Tests what is pending in a thread as the parts of the library see it: the mark of a time limit that has passed,
 * and the descriptor for event loops, beside a program that reads it, too.
 */
#include "test.h"

#include "lib/clock.h"
#include "lib/queue.h"
#include "lib/time_limit.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

static bool is_readable(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

    return poll(&poll_fd, 1, 0) == 1;
}

/* A thread is due at most once, whoever finds out that its time is up, and only while an instant has passed. */
static void due_counts_once(void)
{
    struct k3thread *self = k3thread_self();
    const int64_t    now = k3t_now();
    const int        fd = k3thread_pending_fd();

    k3thread_set_mask(K3THREAD_NEVER);
    CHECK(fd >= 0 && !is_readable(fd));
    k3t_queue_set_due(self, now);
    CHECK(self->pending == 0 && !self->due && !is_readable(fd));
    atomic_store(&self->watched.nearest, now + 1);
    k3t_queue_set_due(self, now);
    CHECK(self->pending == 0 && !self->due && !is_readable(fd));
    atomic_store(&self->watched.nearest, now);
    k3t_queue_set_due(self, now);
    CHECK(self->pending == 1 && self->due && is_readable(fd));
    k3t_queue_set_due(self, now);
    CHECK(self->pending == 1 && self->due && is_readable(fd));
    CHECK_EQUAL(k3thread_send_exception(self, &k3thread_KeyError), 0);
    CHECK_EQUAL(self->pending, 2);
    for (int i = 1; i < K3THREAD_QUEUE_MAX; i++) /* the mark takes no place in the queue */
        CHECK_EQUAL(k3thread_send_exception(self, &k3thread_KeyError), 0);
    CHECK_EQUAL(k3thread_send_exception(self, &k3thread_KeyError), K3THREAD_SEND_RAISE_ERROR);
    for (int i = 1; i < K3THREAD_QUEUE_MAX; i++)
        CHECK(k3thread_take(NULL));
    CHECK_EQUAL(self->pending, 2);
    k3t_queue_clear_due(self);
    CHECK(self->pending == 1 && !self->due && is_readable(fd));
    k3t_queue_clear_due(self);
    CHECK(self->pending == 1 && !self->due && is_readable(fd));
    CHECK(k3thread_take(NULL) && !k3thread_pending() && !is_readable(fd));
    CHECK(!k3thread_take(NULL));
    k3t_queue_set_due(self, now);
    CHECK(self->pending == 1 && is_readable(fd));
    k3t_queue_clear_due(self);
    CHECK(self->pending == 0 && !is_readable(fd));
}

/* A raise by the id holds the record of the thread only while it lasts. */
static void an_id_keeps_no_reference(void)
{
    struct k3thread *self = k3thread_self();
    const unsigned   references = atomic_load(&self->references);

    k3thread_set_mask(K3THREAD_NEVER);
    CHECK_EQUAL(k3thread_send_exception_id(k3thread_get_id(self), &k3thread_KeyError), 0);
    CHECK(k3thread_take(NULL));
    CHECK_EQUAL(atomic_load(&self->references), references);
}

/* A program that reads the descriptor itself harms only itself. */
static void the_descriptor_is_read(void)
{
    struct k3thread *self = k3thread_self();
    const int        fd = k3thread_pending_fd();
    eventfd_t        count;

    k3thread_set_mask(K3THREAD_NEVER);
    CHECK_EQUAL(k3thread_send_exception(self, &k3thread_KeyError), 0);
    CHECK_EQUAL(eventfd_read(fd, &count), 0);
    CHECK_EQUAL(count, 1);
    errno = 77;
    CHECK(k3thread_take(NULL)); /* it does not wait for the descriptor */
    CHECK_EQUAL(errno, 77);
    CHECK_EQUAL(k3thread_send_exception(self, &k3thread_KeyError), 0);
    CHECK_EQUAL(k3thread_send_exception(self, &k3thread_KeyError), 0);
    CHECK(k3thread_take(NULL) && is_readable(fd));
    CHECK(k3thread_take(NULL) && !is_readable(fd));
    CHECK_EQUAL(eventfd_write(fd, UINT64_MAX - 1), 0);
    CHECK_EQUAL(k3thread_send_exception(self, &k3thread_KeyError), 0);
    CHECK_EQUAL(errno, 77);
}

/* A child has a descriptor of its own, or none. */
static void a_child_has_its_own(void)
{
    const int     fd = k3thread_pending_fd(), open = test_count_open();
    struct rlimit before, limit;
    pid_t         child;
    int           status;

    k3thread_set_mask(K3THREAD_NEVER);
    CHECK_EQUAL(getrlimit(RLIMIT_NOFILE, &before), 0);
    for (int i = 0; i < 2; i++) {
        child = fork();
        if (child == 0) {
            CHECK_EQUAL(test_count_open(), i == 0 ? open : open - 1);
            CHECK_EQUAL(k3thread_send_exception(k3thread_self(), &k3thread_KeyError), 0);
            errno = 77;
            CHECK_EQUAL(k3thread_pending_fd(), i == 0 ? fd : -EMFILE);
            CHECK_EQUAL(errno, 77);
            CHECK(i == 0 ? is_readable(fd) : fcntl(fd, F_GETFD) < 0);
            _exit(7);
        }
        CHECK(waitpid(child, &status, 0) == child && status == 7 << 8);
        CHECK(!is_readable(fd));
        limit =
            (struct rlimit){3, before.rlim_max}; /* no new descriptor is left for the next one */
        CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
    }
    CHECK_EQUAL(setrlimit(RLIMIT_NOFILE, &before), 0); /* for a sanitizer at the end */
}

TEST_MAIN({"due", due_counts_once}, {"id", an_id_keeps_no_reference},
          {"descriptor", the_descriptor_is_read}, {"child", a_child_has_its_own})
