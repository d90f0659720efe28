/*
 * Tests what an attached process tells its supervisor, and how it takes an exception from there, without the hidden
 * thread: the case itself does what that thread does. attach.c has the hidden thread.
 */
#include "peer.h"

#include "lib/attach_raise.h"
#include "lib/attach_state.h"
#include "lib/attach_tell.h"
#include "lib/claim.h"
#include "lib/news.h"
#include "lib/published.h"

#include <sys/eventfd.h>

K3THREAD_DEFINE_EXCEPTION(Reload, k3thread_ValueError);
K3THREAD_DEFINE_EXCEPTION(Deeper, Reload);

/* The linker replaces malloc() and free() by these: see tests/lib/rules.mk. */
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void  __real_free(void *memory);
void  __wrap_free(void *memory);

int __real_pthread_create(pthread_t *ret, const pthread_attr_t *attributes, void *(*run)(void *arg),
                          void *arg);
int __wrap_pthread_create(pthread_t *ret, const pthread_attr_t *attributes, void *(*run)(void *arg),
                          void *arg);

static void (*before_create)(
    void); /* what another thread does just before the next thread is made */

int __wrap_pthread_create(pthread_t *ret, const pthread_attr_t *attributes, void *(*run)(void *arg),
                          void *arg)
{
    void (*function)(void) = before_create;

    before_create = NULL;
    if (function != NULL)
        function();
    return __real_pthread_create(ret, attributes, run, arg);
}

static bool       no_memory;
static atomic_int allocated; /* by malloc(), and not freed */

void *__wrap_malloc(size_t size)
{
    if (no_memory)
        return NULL;
    allocated++;
    return __real_malloc(size);
}

void __wrap_free(void *memory)
{
    allocated -= memory != NULL;
    __real_free(memory);
}

static struct k3t_connection connection;
static struct k3t_told       told;
static int                   end, wake; /* the supervisor's end; what the news make readable */

/* Connects the case with itself, and begins to keep news. */
static void begin(void)
{
    int ends[2];

    (void) k3thread_self();
    CHECK_EQUAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
    connection = (struct k3t_connection){.socket = ends[0], .permit = -1};
    end = ends[1];
    wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    told = (struct k3t_told){0};
    CHECK(wake >= 0 && k3t_news_take(&(unsigned){0}) == NULL);
}

/* Returns how often WAKE was written to since the last call. */
static int count_wakes(void)
{
    eventfd_t count;

    return eventfd_read(wake, &count) == 0 ? (int) count : 0;
}

static void tell(void)
{
    CHECK_EQUAL(k3t_tell(&connection, &told), 0);
}

static void *sleep_on(void *arg)
{
    (void) k3thread_sleep(-1);
    return arg;
}

/* Starts a thread that sleeps, and waits until it has begun. */
static k3thread *start(const char *name, bool daemon, double after)
{
    const struct k3thread_options options = {.name = name, .daemon = daemon, .after = after};
    k3thread                     *t;

    CHECK_EQUAL(k3thread_start(&t, sleep_on, NULL, &options), 0);
    test_wait_asleep(t);
    return t;
}

static void stop(k3thread *t)
{
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_SystemExit), 0);
    CHECK(test_end(t) == &k3thread_SystemExit);
}

static unsigned references(const k3thread *t)
{
    return atomic_load(&t->references);
}

#define STARTED "{\"jsonrpc\":\"2.0\",\"method\":\"tell\",\"params\":{\"started\":["
#define ENDED   "{\"jsonrpc\":\"2.0\",\"method\":\"tell\",\"params\":{\"ended\":["

static void threads_are_told(void)
{
    k3thread *plain, *daemon, *late, *brief;
    unsigned  held;

    begin();
    plain = start("a/b", false, 0);
    daemon = start("worker \"1\"", true, 0);
    late = start("late", true, 1000);
    held = references(plain);
    CHECK(k3t_news_take(&(unsigned){0}) == NULL); /* no news are kept yet */
    k3t_news_begin(wake);
    CHECK_EQUAL(count_wakes(), 1);
    CHECK_EQUAL(references(plain), held + 1);
    tell();
    peer_expect(end, STARTED "{\"id\":1,\"name\":\"MainThread\",\"tid\":%d}]}}", getpid());
    peer_expect(end, STARTED "{\"id\":2,\"name\":\"a\\\\x2fb\",\"tid\":%d}]}}",
                k3thread_get_tid(plain));
    peer_expect(end,
                STARTED "{\"id\":3,\"name\":\"worker \\\"1\\\"\",\"tid\":%d,\"daemon\":true}]}}",
                k3thread_get_tid(daemon));
    peer_expect(end,
                STARTED "{\"id\":4,\"name\":\"late\",\"tid\":%d,\"daemon\":true,"
                        "\"state\":\"delayed\"}]}}",
                k3thread_get_tid(late));
    CHECK_EQUAL(references(plain), held);
    tell(); /* all is told */
    CHECK(peer_is_silent(end));

    stop(late);
    stop(daemon);
    CHECK_EQUAL(count_wakes(), 1); /* for both, since nobody has taken the first */
    tell();
    peer_expect(end, ENDED "4]}}");
    peer_expect(end, ENDED "3]}}");
    brief = start("brief", false, 0);
    stop(brief);
    k3t_news_note_begun(plain); /* as when its delay is over */
    CHECK_EQUAL(count_wakes(), 1);
    tell();
    peer_expect(end, STARTED "{\"id\":5,\"name\":\"brief\",\"tid\":0}],\"ended\":[5]}}");
    peer_expect(end, STARTED "{\"id\":2,\"name\":\"a\\\\x2fb\",\"tid\":%d}]}}",
                k3thread_get_tid(plain));
    CHECK(peer_is_silent(end));
    CHECK_EQUAL(count_wakes(), 0);
    stop(plain);
    CHECK_EQUAL(count_wakes(), 1); /* the list was empty again */
}

/* A thread that does not run yet is no news. */
static void begin_meanwhile(void)
{
    unsigned  news;
    k3thread *t;

    k3t_news_begin(wake);
    t = k3t_news_take(&news);
    CHECK(t == k3thread_self());
    k3thread_unref(t);
    CHECK(k3t_news_take(&news) == NULL);
}

static void news_begin_again(void)
{
    const struct k3thread_options huge = {.stack_size = SIZE_MAX / 4};
    k3thread                     *plain, *unborn = NULL, *gone;
    eventfd_t                     count;
    unsigned                      held, news;

    begin();
    plain = start("plain", false, 0);
    gone = start("gone", false, 0);
    held = references(plain);
    k3t_news_begin(wake);
    tell();
    peer_expect(end, STARTED "{\"id\":1,\"name\":\"MainThread\",\"tid\":%d}]}}", getpid());
    peer_expect(end, STARTED "{\"id\":2,\"name\":\"plain\",\"tid\":%d}]}}",
                k3thread_get_tid(plain));
    peer_expect(end, STARTED "{\"id\":3,\"name\":\"gone\",\"tid\":%d}]}}", k3thread_get_tid(gone));
    CHECK(k3thread_start(&unborn, sleep_on, NULL, &huge) < 0);
    CHECK(k3t_news_take(&news) == NULL); /* it has never begun */

    /* The end is still told, and each live thread once, however often the news begin. */
    stop(gone);
    k3t_news_begin(wake);
    k3t_news_begin(wake);
    CHECK_EQUAL(references(plain), held + 1);
    tell();
    peer_expect(end, ENDED "3]}}");
    peer_expect(end, STARTED "{\"id\":1,\"name\":\"MainThread\",\"tid\":%d}]}}", getpid());
    peer_expect(end, STARTED "{\"id\":2,\"name\":\"plain\",\"tid\":%d}]}}",
                k3thread_get_tid(plain));
    CHECK(peer_is_silent(end));

    /* A supervisor that does not read its wake-ups changes no errno of a thread that begins. */
    (void) count_wakes();
    CHECK_EQUAL(eventfd_write(wake, UINT64_MAX - 1), 0);
    errno = 77;
    k3t_news_note_begun(plain);
    CHECK_EQUAL(errno, 77);
    CHECK_EQUAL(eventfd_read(wake, &count), 0);

    k3t_news_end();
    CHECK_EQUAL(references(plain), held);
    CHECK(k3t_news_take(&news) == NULL);
    k3t_news_note_begun(plain);
    stop(plain);
    CHECK(k3t_news_take(&news) == NULL && count_wakes() == 0);
}

static void a_child_has_no_news(void)
{
    static k3thread *plain; /* static: it is no leak in the child */
    unsigned         held, news;
    int              status;
    pid_t            child;

    begin();
    plain = start("plain", false, 0);
    held = references(k3thread_self());
    k3t_news_begin(wake);
    CHECK_EQUAL(count_wakes(), 1);
    child = fork();
    if (child == 0) {
        CHECK(k3t_news_take(&news) == NULL && references(k3thread_self()) == held);
        k3t_news_note_begun(k3thread_self());
        CHECK(k3t_news_take(&news) == NULL && count_wakes() == 0);
        k3t_news_begin(wake);
        tell();
        peer_expect(end, STARTED "{\"id\":1,\"name\":\"MainThread\",\"tid\":%d}]}}", getpid());
        CHECK(peer_is_silent(end));
        _exit(7);
    }
    CHECK_EQUAL(waitpid(child, &status, 0), child);
    CHECK_EQUAL(status, 7 << 8);
    k3t_news_end();
    stop(plain);
}

#define PUBLISHED "{\"jsonrpc\":\"2.0\",\"method\":\"tell\",\"params\":{\"published\":[{\"name\":"

static void types_and_requests_are_told(void)
{
    bool there;

    begin();
    CHECK_EQUAL(k3t_published_add(&Reload), 0);
    CHECK_EQUAL(k3t_published_add(&Deeper), 0);
    CHECK_EQUAL(k3t_attach_begin(NULL, &there), 0);
    k3t_attach_note_served(wake);
    CHECK_EQUAL(k3t_attach_ask_to_tell(NULL, NULL, 0), -ETIMEDOUT);
    tell();
    peer_expect(end, PUBLISHED "\"Reload\",\"base\":\"ValueError\"}]}}");
    peer_expect(end, PUBLISHED "\"Deeper\",\"base\":\"Reload\"}]}}");
    peer_expect(end, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tell\",\"params\":{}}");
    tell();
    CHECK(peer_is_silent(end));
    CHECK_EQUAL(k3t_attach_ask_to_tell(&k3thread_KeyError, "a \"b\"", 0), -ETIMEDOUT);
    tell();
    peer_expect(end, "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tell\",\"params\":{"
                     "\"exception\":\"KeyError\",\"message\":\"a \\\"b\\\"\"}}");
    told = (struct k3t_told){0}; /* a new connection */
    tell();
    peer_expect(end, PUBLISHED "\"Reload\",\"base\":\"ValueError\"}]}}");
    peer_expect(end, PUBLISHED "\"Deeper\",\"base\":\"Reload\"}]}}");
    peer_expect(end, "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tell\",\"params\":{"
                     "\"exception\":\"KeyError\",\"message\":\"a \\\"b\\\"\"}}");
    CHECK(peer_is_silent(end));
}

/* Nothing is taken from the news for a connection that is lost, but what was being sent. */
static void a_lost_connection_ends_the_telling(void)
{
    k3thread *plain;
    unsigned  news = 0;
    bool      there;

    begin();
    plain = start("plain", false, 0);
    close(end);
    CHECK_EQUAL(k3t_published_add(&Reload), 0);
    CHECK_EQUAL(k3t_published_add(&Deeper), 0);
    CHECK_EQUAL(k3t_attach_begin(NULL, &there), 0);
    k3t_attach_note_served(wake);
    CHECK_EQUAL(k3t_attach_ask_to_tell(NULL, NULL, 0), -ETIMEDOUT);
    k3t_news_begin(wake);
    CHECK_EQUAL(k3t_tell(&connection, &told), -EPIPE);
    CHECK(told.published == 0 && told.asked == 0);
    CHECK(k3t_news_take(&news) == plain);
    k3thread_unref(plain);
    CHECK_EQUAL(news, K3T_NEWS_BEGUN);
    CHECK_EQUAL(k3t_tell(&connection, &told), -EPIPE);
    CHECK(told.published == 1 && told.asked == 0);
    told.published = 2;
    CHECK_EQUAL(k3t_tell(&connection, &told), -EPIPE);
    k3t_news_end();
    stop(plain);
}

#define RAISED  "{\"jsonrpc\":\"2.0\",\"id\":9,\"result\":{\"id\":"
#define REFUSED "{\"jsonrpc\":\"2.0\",\"id\":9,\"error\":{\"code\":"

/* Carries out MESSAGE, with PERMITS permits, of which it takes one. */
static void carry_out(struct k3t_message message, int permits)
{
    eventfd_t left;

    message.id = 9;
    if (permits > 0)
        CHECK_EQUAL(eventfd_write(connection.permit, (eventfd_t) permits), 0);
    CHECK_EQUAL(k3t_attach_raise(&connection, &message), 0);
    CHECK_EQUAL(eventfd_read(connection.permit, &left), permits > 1 ? 0 : -1);
    CHECK(permits < 2 || left == (eventfd_t) permits - 1);
}

/* Checks that an exception of TYPE with TEXT is next in the caller's queue. */
static void check_taken(const k3thread_exctype *type, const char *text)
{
    struct k3thread_exception_ *exc = k3t_take(k3thread_self());

    CHECK(exc != NULL && exc->attached && exc->info.type == type && exc->info.sender == 0);
    CHECK_TEXT(exc->info.message, text);
    k3t_exc_free(exc);
}

static void exceptions_are_raised(void)
{
    static char key[] = "KeyError", reload[] = "Reload", unknown[] = "Unknown", why[] = "50 %s";
    static char name[] = "a\\x2fb", main_name[] = "MainThread", nobody[] = "nobody";
    k3thread   *plain;
    int         before;
    unsigned    held;
    bool        there;

    begin();
    connection.permit = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
    k3thread_set_mask(K3THREAD_NEVER);
    plain = start("a/b", false, 0);
    held = references(plain);

    carry_out((struct k3t_message){.exception = key}, 0);
    peer_expect(end, REFUSED "-32004,\"message\":\"withdrawn\"}}");
    CHECK(!k3thread_pending());
    carry_out((struct k3t_message){.exception = key}, 1);
    peer_expect(end, RAISED "1,\"name\":\"MainThread\"}}");
    check_taken(&k3thread_KeyError, "");
    carry_out((struct k3t_message){.exception = key, .text = why, .thread = main_name}, 1);
    peer_expect(end, RAISED "1,\"name\":\"MainThread\"}}");
    check_taken(&k3thread_KeyError, "50 %s");
    carry_out((struct k3t_message){.exception = key, .thread_id = 1}, 1);
    peer_expect(end, RAISED "1,\"name\":\"MainThread\"}}");
    check_taken(&k3thread_KeyError, "");

    carry_out((struct k3t_message){.exception = key, .thread = nobody}, 1);
    peer_expect(end, REFUSED "-32003,\"message\":\"the thread is not alive\"}}");
    carry_out((struct k3t_message){.exception = key, .thread_id = 99}, 1);
    peer_expect(end, REFUSED "-32003,\"message\":\"the thread is not alive\"}}");
    carry_out((struct k3t_message){.exception = reload}, 1);
    peer_expect(end,
                REFUSED "-32002,\"message\":\"the process has not published this exception\"}}");
    carry_out((struct k3t_message){.exception = NULL}, 1);
    peer_expect(end,
                REFUSED "-32002,\"message\":\"the process has not published this exception\"}}");
    carry_out((struct k3t_message){.exception = unknown, .thread = name}, 1);
    peer_expect(end,
                REFUSED "-32002,\"message\":\"the process has not published this exception\"}}");
    CHECK_EQUAL(references(plain), held);
    CHECK_EQUAL(k3t_published_add(&Reload), 0);
    carry_out((struct k3t_message){.exception = reload}, 1);
    peer_expect(end, RAISED "1,\"name\":\"MainThread\"}}");
    check_taken(&Reload, "");

    no_memory = true;
    carry_out((struct k3t_message){.exception = key}, 1);
    no_memory = false;
    peer_expect(end,
                REFUSED "-32004,\"message\":\"the process has no memory for the exception\"}}");
    for (int i = 0; i < K3THREAD_QUEUE_MAX; i++) {
        carry_out((struct k3t_message){.exception = key}, 1);
        peer_expect(end, RAISED "1,\"name\":\"MainThread\"}}");
    }
    before = allocated;
    carry_out((struct k3t_message){.exception = key}, 1);
    CHECK_EQUAL(allocated, before);
    peer_expect(end, REFUSED
                "-32004,\"message\":\"too many exceptions are pending in it; try again later\"}}");
    while (k3thread_take(NULL)) {
    }

    /* One permit is for one exception. */
    carry_out((struct k3t_message){.exception = key, .thread = name}, 2);
    peer_expect(end, RAISED "2,\"name\":\"a\\\\x2fb\"}}");
    CHECK(test_end(k3thread_ref(plain)) == &k3thread_KeyError);

    /* The thread for all exceptions that name none may have ended. */
    CHECK_EQUAL(k3t_attach_begin(plain, &there), 0);
    carry_out((struct k3t_message){.exception = key}, 1);
    peer_expect(end, REFUSED "-32003,\"message\":\"the thread is not alive\"}}");
    carry_out((struct k3t_message){.exception = unknown}, 1);
    peer_expect(end, REFUSED "-32003,\"message\":\"the thread is not alive\"}}");
    CHECK(!k3thread_pending());
    close(end);
    CHECK_EQUAL(eventfd_write(connection.permit, 1), 0);
    CHECK_EQUAL(k3t_attach_raise(&connection, &(struct k3t_message){.exception = key, .id = 9}),
                -EPIPE);
    CHECK_EQUAL(k3t_attach_raise(&connection, &(struct k3t_message){.exception = key, .id = 9}),
                -EPIPE);
    CHECK_EQUAL(eventfd_write(connection.permit, 1), 0);
    CHECK_EQUAL(
        k3t_attach_raise(&connection,
                         &(struct k3t_message){.exception = key, .thread = main_name, .id = 9}),
        -EPIPE);
    check_taken(&k3thread_KeyError, "");
}

/* The news begin while a thread is made, and tell of it when it runs. */
static void news_begin_beside_a_start(void)
{
    unsigned  news;
    k3thread *t, *taken;

    begin();
    before_create = begin_meanwhile;
    t = start("plain", false, 0);
    taken = k3t_news_take(&news);
    CHECK(taken == t && news == K3T_NEWS_BEGUN);
    k3thread_unref(taken);
    CHECK(k3t_news_take(&news) == NULL);
    stop(t);
}

TEST_MAIN({"threads", threads_are_told}, {"start", news_begin_beside_a_start},
          {"again", news_begin_again}, {"child", a_child_has_no_news},
          {"types", types_and_requests_are_told}, {"lost", a_lost_connection_ends_the_telling},
          {"raise", exceptions_are_raised})
