/* The waits that step.c steps through, and their checks. */
#include "stepped.h"
#include "waits.h"

#include <linux/futex.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/syscall.h>

/* Each wait, once blocked and once with its effect at hand */

static void nothing(void)
{
}

static void nothing_to_check(bool had)
{
    (void) had;
}

static int do_sleep(void)
{
    return k3thread_sleep(-1);
}

static int do_short_sleep(void)
{
    return k3thread_sleep(0);
}

static int do_poll(void)
{
    struct pollfd pollfd = {.fd = run.ends[0], .events = POLLIN};

    return k3thread_poll(&pollfd, 1, -1);
}

static int do_read(void)
{
    char byte;

    return (int) k3thread_read(run.ends[0], &byte, 1);
}

static void provide_byte(void)
{
    CHECK_EQUAL(write(run.ends[1], "x", 1), 1);
}

static int bytes_in_pipe(void)
{
    char bytes[2];

    return (int) read(run.ends[0], bytes, 2); /* the pipe does not block */
}

static void check_read(bool had)
{
    CHECK_EQUAL(bytes_in_pipe(), had ? -1 : 1);
}

static void fill_pipe(void)
{
    char bytes[4096] = {0};

    while (write(run.ends[1], bytes, sizeof(bytes)) > 0) {
    }
    CHECK_EQUAL(errno, EAGAIN);
    CHECK_EQUAL(fcntl(run.ends[1], F_SETFL, 0), 0);
}

static int do_write(void)
{
    return (int) k3thread_write(run.ends[1], "y", 1);
}

static void check_written(bool had)
{
    CHECK_EQUAL(bytes_in_pipe(), had ? 1 : -1);
}

static int keep(int fd)
{
    CHECK(fd >= 0);
    run.kept[run.kept_count++] = fd;
    return fd;
}

static void listen_here(void)
{
    const struct sockaddr_un any = {.sun_family = AF_UNIX};

    run.listener = keep(socket(AF_UNIX, SOCK_STREAM, 0));
    CHECK_EQUAL(bind(run.listener, (const struct sockaddr *) &any, sizeof(any.sun_family)), 0);
    CHECK_EQUAL(listen(run.listener, 0), 0);
}

static void connect_here(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t          length = sizeof(address);

    listen_here();
    CHECK_EQUAL(getsockname(run.listener, (struct sockaddr *) &address, &length), 0);
    run.client = keep(socket(AF_UNIX, SOCK_STREAM, 0));
    CHECK_EQUAL(connect(run.client, (struct sockaddr *) &address, length), 0);
}

static int do_accept(void)
{
    return k3thread_accept(run.listener, NULL, NULL);
}

/* Either the thread or the listener has the connection. */
static void check_accept(bool had)
{
    const int fd = had ? run.effect : accept(run.listener, NULL, NULL);

    CHECK(fd >= 0);
    CHECK_EQUAL(write(run.client, "z", 1), 1);
    CHECK_EQUAL(close(fd), 0);
}

static void fork_paused(void)
{
    run.child = fork();
    while (run.child == 0)
        pause();
    CHECK(run.child > 0);
}

static void fork_ended(void)
{
    run.child = fork();
    if (run.child == 0) /* not by _exit, where ThreadSanitizer misses the parent's threads */
        (void) kill(getpid(), SIGKILL);
    CHECK_EQUAL(waitid(P_PID, (id_t) run.child, NULL, WEXITED | WNOWAIT), 0);
}

static int do_waitpid(void)
{
    return k3thread_waitpid(run.child, NULL);
}

static void check_reaped(bool had)
{
    CHECK_EQUAL(waitpid(run.child, NULL, 0), had ? -1 : run.child);
}

static void kill_child(bool had)
{
    CHECK_EQUAL(kill(run.child, SIGKILL), 0);
    check_reaped(had);
}

/* Unlocks a mutex of the kind that only its owner can unlock. */
static void unlock(void *mutex)
{
    CHECK_EQUAL(pthread_mutex_unlock(mutex), 0);
}

int stepped_cond_wait(void)
{
    int result;

    CHECK_EQUAL(pthread_mutex_lock(&run.mutex), 0);
    k3thread_cleanup_push(unlock, &run.mutex);
    result = k3thread_cond_wait(&run.cond, &run.mutex, -1);
    k3thread_cleanup_pop(1);
    return result;
}

static void *sleep_for_ever(void *arg)
{
    (void) k3thread_sleep(-1);
    return arg;
}

static void *give_back(void *arg)
{
    return arg;
}

static void start_other(void)
{
    run.other = test_start(sleep_for_ever, NULL);
}

static void end_other(void)
{
    run.other = test_start(give_back, NULL);
    CHECK_EQUAL(k3thread_join(run.other, -1, NULL), 0);
}

static int do_join(void)
{
    return k3thread_join(run.other, -1, NULL);
}

/* Sockets */

static void make_pair(void)
{
    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM, 0, run.pair), 0);
    (void) keep(run.pair[0]);
    (void) keep(run.pair[1]);
}

static void make_full_pair(void)
{
    make_pair();
    waits_fill(run.pair[0]);
}

static void make_pair_with_byte(void)
{
    make_pair();
    CHECK_EQUAL(write(run.pair[1], "x", 1), 1);
}

static int do_recv(void)
{
    char byte;

    return (int) k3thread_recv(run.pair[0], &byte, 1, 0);
}

static void check_received(bool had)
{
    char byte;

    CHECK_EQUAL(recv(run.pair[0], &byte, 1, MSG_DONTWAIT), had ? -1 : 1);
}

static int do_send(void)
{
    return (int) k3thread_send(run.pair[0], "x", 1, 0);
}

static void check_sent(bool had)
{
    char byte;

    CHECK_EQUAL(recv(run.pair[1], &byte, 1, MSG_DONTWAIT), had ? 1 : -1);
}

static void listen_for_another(void)
{
    listen_here();
    CHECK_EQUAL(fcntl(run.listener, F_SETFL, O_NONBLOCK), 0);
    run.client = keep(socket(AF_UNIX, SOCK_STREAM, 0));
}

static void listen_for_no_other(void)
{
    connect_here();
    run.client = keep(socket(AF_UNIX, SOCK_STREAM, 0));
}

static int connect_in(double timeout)
{
    struct sockaddr_un address;
    socklen_t          length = sizeof(address);

    CHECK_EQUAL(getsockname(run.listener, (struct sockaddr *) &address, &length), 0);
    return k3thread_connect(run.client, (struct sockaddr *) &address, length, timeout);
}

static int do_connect(void)
{
    return connect_in(-1);
}

static int do_connect_timeout(void)
{
    return connect_in(3600);
}

static void check_connected(bool had)
{
    const int fd = accept(run.listener, NULL, NULL);

    CHECK_EQUAL(fd >= 0, had);
    if (had)
        close(fd);
}

/* Descriptors */

static void make_epoll(void)
{
    struct epoll_event event = {.events = EPOLLIN};

    run.epoll = keep(epoll_create1(0));
    CHECK_EQUAL(epoll_ctl(run.epoll, EPOLL_CTL_ADD, run.ends[0], &event), 0);
}

static void make_epoll_ready(void)
{
    make_epoll();
    provide_byte();
}

static int do_epoll_wait(void)
{
    struct epoll_event event;

    return k3thread_epoll_wait(run.epoll, &event, 1, -1);
}

static void make_fifo(void)
{
    (void) keep(waits_make_fifo(run.fifo, sizeof(run.fifo)));
}

static void make_fifo_ready(void)
{
    make_fifo();
    (void) keep(open(run.fifo, O_RDWR));
}

static int do_open(void)
{
    return k3thread_open(run.fifo, O_RDONLY);
}

static void check_opened(bool had)
{
    if (had)
        CHECK_EQUAL(close(run.effect), 0);
}

static void make_file(void)
{
    waits_make_locks(&run.file, &run.locked);
    (void) keep(run.file);
    (void) keep(run.locked);
}

static void make_locked_file(void)
{
    make_file();
    CHECK_EQUAL(flock(run.locked, LOCK_EX), 0);
}

static int do_flock(void)
{
    return k3thread_flock(run.file, LOCK_EX);
}

static void check_flock(bool had)
{
    CHECK_EQUAL(flock(run.locked, LOCK_EX | LOCK_NB), had ? -1 : 0);
}

static int do_syscall(void)
{
    return (int) k3thread_syscall(SYS_ppoll, NULL, 0, NULL, NULL, 0);
}

static int do_waitpid_timeout(void)
{
    return k3thread_waitpid_timeout(run.child, NULL, -1);
}

/* Locks */

static void *hold_mutex(void *arg)
{
    CHECK_EQUAL(pthread_mutex_lock(&run.mutex), 0);
    k3thread_cleanup_push(unlock, &run.mutex);
    run.token = true;
    (void) k3thread_sleep(-1);
    k3thread_cleanup_pop(1);
    return arg;
}

static void start_holder(void)
{
    run.other = test_start(hold_mutex, NULL);
    WAIT_FOR(run.token);
}

static int do_mutex_lock(void)
{
    const int result = k3thread_mutex_lock(&run.mutex, -1);

    if (result == 0)
        unlock(&run.mutex);
    return result;
}

static void check_mutex(bool had)
{
    (void) had;
    CHECK_EQUAL(pthread_mutex_trylock(&run.mutex), 0);
    unlock(&run.mutex);
}

static void *die_with_robust(void *arg)
{
    CHECK_EQUAL(pthread_mutex_lock(&run.robust), 0);
    return arg;
}

static void make_owner_dead(void)
{
    pthread_mutexattr_t attributes;

    CHECK_EQUAL(pthread_mutexattr_init(&attributes), 0);
    CHECK_EQUAL(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST), 0);
    CHECK_EQUAL(pthread_mutex_init(&run.robust, &attributes), 0);
    CHECK(test_end(test_start(die_with_robust, NULL)) == NULL);
}

static void take_over(void *mutex)
{
    CHECK_EQUAL(pthread_mutex_consistent(mutex), 0);
    unlock(mutex);
}

/* Checks that the next lock reports the death of the owner, because the exception came before the mutex was taken. */
static void check_untold(void *mutex)
{
    CHECK_EQUAL(pthread_mutex_trylock(mutex), EOWNERDEAD);
    take_over(mutex);
}

static int do_owner_dead(void)
{
    int result;

    k3thread_cleanup_push(check_untold, &run.robust);
    result = k3thread_mutex_lock(&run.robust, -1);
    k3thread_cleanup_pop(0);
    CHECK_EQUAL(result, -EOWNERDEAD);
    take_over(&run.robust);
    return result;
}

static void post(void)
{
    CHECK_EQUAL(sem_post(&run.sem), 0);
}

static int do_sem_wait(void)
{
    return k3thread_sem_wait(&run.sem, -1);
}

static void check_sem(bool had)
{
    CHECK_EQUAL(sem_trywait(&run.sem), had ? -1 : 0);
}

static int do_futex(void)
{
    return k3thread_futex(&run.word, FUTEX_WAIT_PRIVATE, 0, -1);
}

static int do_futex_changed(void)
{
    return k3thread_futex(&run.word, FUTEX_WAIT, 1, -1);
}

static int do_park(void)
{
    return k3thread_park(-1);
}

static void check_permit(void *arg)
{
    (void) arg;
    CHECK_EQUAL(k3thread_park(0), 0);
}

static int do_park_ready(void)
{
    int result;

    CHECK_EQUAL(k3thread_unpark(k3thread_self()), 0);
    k3thread_cleanup_push(check_permit, NULL);
    result = k3thread_park(-1);
    k3thread_cleanup_pop(0);
    return result;
}

/* Threads */

static int do_value(void)
{
    return k3thread_value(run.other) != NULL;
}

static int do_shutdown(void)
{
    return k3thread_shutdown(-1);
}

/* Changes the queue and the word in the thread itself. It does not wait. */
static int do_masks(void)
{
    struct k3thread_exc exc = {0};

    k3thread_set_mask(K3THREAD_NEVER);
    k3thread_checkpoint();
    if (k3thread_pending())
        k3thread_set_mask(K3THREAD_ON_BLOCKING);
    if (k3thread_take(&exc) && k3thread_send_exception(k3thread_self(), exc.type) != 0)
        return -1;
    k3thread_set_mask(K3THREAD_IMMEDIATE);
    return 0;
}

const struct scenario stepped_scenarios[] = {
    {"sleep", false, 1, nothing, do_sleep, nothing_to_check},
    {"sleep-0", true, 1, nothing, do_short_sleep, nothing_to_check},
    {"poll", false, 1, nothing, do_poll, nothing_to_check},
    {"poll-ready", true, 1, provide_byte, do_poll, nothing_to_check},
    {"read", false, 1, nothing, do_read, nothing_to_check},
    {"read-ready", true, 1, provide_byte, do_read, check_read},
    {"write", false, 1, fill_pipe, do_write, nothing_to_check},
    {"write-ready", true, 1, nothing, do_write, check_written},
    {"accept", false, 1, listen_here, do_accept, nothing_to_check},
    {"accept-ready", true, 1, connect_here, do_accept, check_accept},
    {"waitpid", false, 1, fork_paused, do_waitpid, kill_child},
    {"waitpid-ready", true, 1, fork_ended, do_waitpid, check_reaped},
    {"cond_wait", false, 1, nothing, stepped_cond_wait, nothing_to_check},
    {"join", false, 1, start_other, do_join, nothing_to_check},
    {"join-ready", true, 1, end_other, do_join, nothing_to_check},
    {"recv", false, 1, make_pair, do_recv, nothing_to_check},
    {"recv-ready", true, 1, make_pair_with_byte, do_recv, check_received},
    {"send", false, 1, make_full_pair, do_send, nothing_to_check},
    {"send-ready", true, 1, make_pair, do_send, check_sent},
    {"connect", false, 1, listen_for_no_other, do_connect, nothing_to_check},
    {"connect-timeout", false, 1, listen_for_no_other, do_connect_timeout, nothing_to_check},
    {"connect-ready", true, 1, listen_for_another, do_connect_timeout, check_connected},
    {"epoll_wait", false, 1, make_epoll, do_epoll_wait, nothing_to_check},
    {"epoll_wait-ready", true, 1, make_epoll_ready, do_epoll_wait, nothing_to_check},
    {"open", false, 1, make_fifo, do_open, nothing_to_check},
    {"open-ready", true, 1, make_fifo_ready, do_open, check_opened},
    {"flock", false, 1, make_locked_file, do_flock, nothing_to_check},
    {"flock-ready", true, 1, make_file, do_flock, check_flock},
    {"syscall", false, 1, nothing, do_syscall, nothing_to_check},
    {"waitpid_timeout", false, 1, fork_paused, do_waitpid_timeout, kill_child},
    {"waitpid_timeout-ready", true, 1, fork_ended, do_waitpid_timeout, check_reaped},
    {"mutex_lock", false, 1, start_holder, do_mutex_lock, nothing_to_check},
    {"mutex_lock-ready", true, 1, nothing, do_mutex_lock, check_mutex},
    {"owner-dead", true, 1, make_owner_dead, do_owner_dead, nothing_to_check},
    {"sem_wait", false, 1, nothing, do_sem_wait, nothing_to_check},
    {"sem_wait-ready", true, 1, post, do_sem_wait, check_sem},
    {"futex", false, 1, nothing, do_futex, nothing_to_check},
    {"futex-changed", true, 1, nothing, do_futex_changed, nothing_to_check},
    {"park", false, 1, nothing, do_park, nothing_to_check},
    {"park-ready", true, 1, nothing, do_park_ready, nothing_to_check},
    {"value", false, 1, start_other, do_value, nothing_to_check},
    {"shutdown", false, 1, start_other, do_shutdown, nothing_to_check},
    {"masks", true, 5, nothing, do_masks, nothing_to_check},
};

const size_t stepped_count = sizeof(stepped_scenarios) / sizeof(*stepped_scenarios);
