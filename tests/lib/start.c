/* Tests start, names, ids, look-up, references and join. */
#include "test.h"

#include <math.h>
#include <stdatomic.h>

static void *give_back(void *arg)
{
    return arg;
}

static void *sleep_for_ever(void *arg)
{
    (void) k3thread_sleep(-1);
    return arg;
}

static void stop(k3thread *t)
{
    (void) k3thread_send_exception(t, &k3thread_SystemExit);
    (void) test_end(t);
}

static int start_named(k3thread **ret, const char *name)
{
    const struct k3thread_options options = {.name = name};

    return k3thread_start(ret, sleep_for_ever, NULL, &options);
}

static void returns_value(void)
{
    struct k3thread_result result = {NULL, &k3thread_Exception, "text"};
    int                    value;
    k3thread              *t = test_start(give_back, &value);

    CHECK_EQUAL(k3thread_join(t, -1, &result), 0);
    CHECK(result.value == &value && result.exception == NULL);
    CHECK_TEXT(result.message, "");
    k3thread_unref(t);
}

static void *throw_with_message(void *arg)
{
    k3thread_throw(&k3thread_SystemExit, "the %s", "message");
    return arg;
}

static void returns_exception(void)
{
    struct k3thread_result result;
    int                    value;
    k3thread              *t = test_start(throw_with_message, &value);

    CHECK_EQUAL(k3thread_join(t, -1, &result), 0);
    CHECK(result.value == NULL && result.exception == &k3thread_SystemExit);
    CHECK_TEXT(result.message, "the message");
    k3thread_unref(t);
}

static void defaults(void)
{
    const struct k3thread_options zero = {0};
    char                          name[32];
    k3thread                     *t, *other;

    t = test_start(sleep_for_ever, NULL);
    snprintf(name, sizeof(name), "Thread-%llu", (unsigned long long) k3thread_get_id(t));
    CHECK_TEXT(k3thread_get_name(t), name);
    CHECK(!k3thread_is_daemon(t) && k3thread_is_alive(t));
    CHECK_EQUAL(k3thread_start(&other, sleep_for_ever, NULL, &zero), 0);
    CHECK(strncmp(k3thread_get_name(other), "Thread-", 7) == 0 && !k3thread_is_daemon(other));
    stop(t);
    stop(other);
    CHECK_EQUAL(k3thread_start(NULL, give_back, NULL, NULL), 0);
    CHECK_EQUAL(k3thread_daemon(NULL, give_back, NULL, &zero), 0);
    WAIT_FOR(k3thread_list(NULL, 0) == 1); /* exit would not wait for the daemon, and leak it */
}

static void names(void)
{
    static const char *const illegal[] = {"", "a\nb", "\t", "a\033[0m", "\x7f"};
    char                     name[K3THREAD_NAME_MAX + 2] = "changed later";
    k3thread                *t = NULL;

    CHECK_EQUAL(start_named(&t, name), 0);
    name[0] = 'X';
    CHECK_TEXT(k3thread_get_name(t), "changed later");
    stop(t);

    memset(name, 'n', sizeof(name));
    name[K3THREAD_NAME_MAX] = '\0';
    CHECK_EQUAL(start_named(&t, name), 0);
    CHECK_TEXT(k3thread_get_name(t), name);
    stop(t);
    CHECK_EQUAL(start_named(&t, "Fädchen ✂"), 0);
    stop(t);

    t = NULL;
    name[K3THREAD_NAME_MAX] = 'n';
    name[K3THREAD_NAME_MAX + 1] = '\0';
    CHECK_EQUAL(start_named(&t, name), K3THREAD_VALUE_ERROR);
    for (size_t i = 0; i < sizeof(illegal) / sizeof(*illegal); i++)
        CHECK_EQUAL(start_named(&t, illegal[i]), K3THREAD_VALUE_ERROR);
    CHECK(t == NULL);
}

static void start_errors(void)
{
    const struct k3thread_options negative = {.after = -0.1}, not_a_number = {.after = NAN};
    const struct k3thread_options huge = {.stack_size = SIZE_MAX / 2};
    k3thread                     *t = NULL;
    size_t                        live;

    t = k3thread_self();
    live = k3thread_list(NULL, 0);
    CHECK_EQUAL(k3thread_start(&t, NULL, NULL, NULL), K3THREAD_TYPE_ERROR);
    CHECK_EQUAL(k3thread_daemon(&t, NULL, NULL, NULL), K3THREAD_TYPE_ERROR);
    CHECK_EQUAL(k3thread_start(&t, give_back, NULL, &negative), K3THREAD_VALUE_ERROR);
    CHECK_EQUAL(k3thread_daemon(&t, give_back, NULL, &negative), K3THREAD_VALUE_ERROR);
    CHECK_EQUAL(k3thread_start(&t, give_back, NULL, &not_a_number), K3THREAD_VALUE_ERROR);
    if (!TEST_SANITIZED) /* sanitizers end the process when an allocation fails */
        CHECK(k3thread_start(&t, give_back, NULL, &huge) < 0);
    CHECK(t == k3thread_self());
    CHECK_EQUAL(k3thread_list(NULL, 0), live);
}

static void *stack_of_self(void *arg)
{
    pthread_attr_t attributes;
    size_t         size = 0;

    CHECK_EQUAL(pthread_getattr_np(pthread_self(), &attributes), 0);
    CHECK_EQUAL(pthread_attr_getstacksize(&attributes, &size), 0);
    pthread_attr_destroy(&attributes);
    CHECK(size >= *(size_t *) arg);
    return arg;
}

static void stack_size(void)
{
    static size_t           sizes[] = {1, 100001, (size_t) 64 << 20};
    struct k3thread_options options = {0};
    k3thread               *t;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        options.stack_size = sizes[i];
        CHECK_EQUAL(k3thread_start(&t, stack_of_self, &sizes[i], &options), 0);
        CHECK(test_end(t) == NULL);
    }
}

static _Atomic double called_at;

static void *note_time(void *arg)
{
    called_at = test_now();
    return arg;
}

static void after_delays(void)
{
    const struct k3thread_options options = {.after = 0.05};
    double                        begin = test_now();
    k3thread                     *t;

    CHECK_EQUAL(k3thread_start(&t, note_time, NULL, &options), 0);
    CHECK(test_end(t) == NULL);
    CHECK(called_at >= begin + 0.05);
}

static void daemon_flag(void)
{
    const struct k3thread_options options = {.name = "d", .daemon = true};
    k3thread                     *by_option, *by_function;

    CHECK_EQUAL(k3thread_start(&by_option, sleep_for_ever, NULL, &options), 0);
    CHECK_EQUAL(k3thread_daemon(&by_function, sleep_for_ever, NULL, NULL), 0);
    CHECK(k3thread_is_daemon(by_option) && k3thread_is_daemon(by_function));
    stop(by_option);
    stop(by_function);
}

static void join_errors(void)
{
    struct k3thread_result result = {&result, &k3thread_Exception, "untouched"};
    k3thread              *t = test_start(sleep_for_ever, NULL);

    CHECK_EQUAL(k3thread_join(NULL, -1, &result), K3THREAD_TYPE_ERROR);
    CHECK_EQUAL(k3thread_join(t, NAN, &result), K3THREAD_VALUE_ERROR);
    CHECK_EQUAL(k3thread_join(t, 0, &result), -ETIMEDOUT);
    CHECK_EQUAL(k3thread_join(t, 0.01, &result), -ETIMEDOUT);
    CHECK_EQUAL(k3thread_join(k3thread_self(), -1, &result), -EDEADLK);
    CHECK(result.value == &result && result.exception == &k3thread_Exception);
    CHECK_TEXT(result.message, "untouched");
    stop(t);
}

static void *join_it(void *arg)
{
    struct k3thread_result result;

    CHECK_EQUAL(k3thread_join(arg, -1, &result), 0);
    CHECK(result.exception == &k3thread_SystemExit);
    return NULL;
}

static void join_by_many(void)
{
    k3thread *joiners[16];
    k3thread *t = test_start(sleep_for_ever, NULL);

    for (size_t i = 0; i < 16; i++)
        joiners[i] = test_start(join_it, t);
    for (size_t i = 0; i < 16; i++)
        test_wait_asleep(joiners[i]);
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_SystemExit), 0);
    for (size_t i = 0; i < 16; i++)
        CHECK(test_end(joiners[i]) == NULL);
    for (int i = 0; i < 3; i++)
        join_it(t);
    CHECK_EQUAL(k3thread_join(t, 0, NULL), 0);
    k3thread_unref(t);
}

static void find(void)
{
    k3thread *first, *second, *found;

    CHECK_EQUAL(start_named(&first, "same"), 0);
    CHECK_EQUAL(start_named(&second, "same"), 0);
    found = k3thread_find("same");
    CHECK(found == first);
    k3thread_unref(found);
    found = k3thread_find_id(k3thread_get_id(second));
    CHECK(found == second);
    k3thread_unref(found);
    stop(first);
    found = k3thread_find("same");
    CHECK(found == second);
    k3thread_unref(found);
    stop(second);
    CHECK(k3thread_find("same") == NULL && k3thread_find(NULL) == NULL);
    CHECK(k3thread_find_id(0) == NULL && k3thread_find_id(1000000) == NULL);
}

static void list(void)
{
    k3thread *started[4], *listed[8] = {NULL};

    for (int i = 0; i < 4; i++)
        started[i] = test_start(sleep_for_ever, NULL);
    CHECK_EQUAL(k3thread_list(NULL, 0), 5);
    CHECK_EQUAL(k3thread_list(listed, 2), 5);
    CHECK(listed[0] == k3thread_self() && listed[1] == started[0] && listed[2] == NULL);
    k3thread_unref(listed[0]);
    k3thread_unref(listed[1]);
    stop(started[1]);
    CHECK_EQUAL(k3thread_list(listed, 8), 4);
    CHECK(listed[1] == started[0] && listed[2] == started[2] && listed[3] == started[3]);
    for (int i = 0; i < 4; i++)
        k3thread_unref(listed[i]);
    stop(started[0]);
    stop(started[2]);
    stop(started[3]);
}

static void *compare_tid(void *arg)
{
    CHECK_EQUAL(k3thread_get_tid(k3thread_self()), gettid());
    return arg;
}

/* Compares the kernel's name of the thread, which ps and debuggers show. */
static void *compare_name(void *arg)
{
    char name[16];

    CHECK_EQUAL(pthread_getname_np(pthread_self(), name, sizeof(name)), 0);
    CHECK(strncmp(name, k3thread_get_name(k3thread_self()), sizeof(name) - 1) == 0);
    return arg;
}

static void *compare_cut_name(void *arg)
{
    char name[16];

    CHECK_EQUAL(pthread_getname_np(pthread_self(), name, sizeof(name)), 0);
    CHECK_TEXT(name, arg);
    return arg;
}

static void check_cut(const char *name, const char *cut)
{
    const struct k3thread_options options = {.name = name};
    k3thread                     *t;

    CHECK_EQUAL(k3thread_start(&t, compare_cut_name, (void *) (uintptr_t) cut, &options), 0);
    CHECK(test_end(t) == NULL);
}

/* The kernel keeps 15 bytes of a name. The library gives it whole characters only. */
static void kernel_name_is_cut(void)
{
    check_cut("\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4",
              "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4");
    check_cut("0123456789abcd\u20ac", "0123456789abcd");
    check_cut("0123456789ab\u20acx", "0123456789ab\u20ac");
    check_cut("0123456789a\U0001F600", "0123456789a\U0001F600");
    check_cut("0123456789ab\U0001F600", "0123456789ab");
}

static void kernel_name(void)
{
    const struct k3thread_options options = {.name = "a name of more than 15 bytes"};
    k3thread                     *t;

    CHECK(test_end(test_start(compare_name, NULL)) == NULL);
    CHECK_EQUAL(k3thread_start(&t, compare_name, NULL, &options), 0);
    CHECK(test_end(t) == NULL);
}

static void identity(void)
{
    k3thread *t;

    CHECK(test_end(test_start(compare_tid, NULL)) == NULL);
    t = k3thread_ref(test_start(sleep_for_ever, NULL));
    CHECK(k3thread_ref(NULL) == NULL);
    k3thread_unref(NULL);
    stop(t); /* one reference is released, but the record outlives its thread */
    CHECK(!k3thread_is_alive(t));
    CHECK_EQUAL(k3thread_get_tid(t), 0);
    CHECK(strncmp(k3thread_get_name(t), "Thread-", 7) == 0);
    k3thread_unref(t);
}

/* The linker replaces pthread_create() by this: see tests/lib/rules.mk. */
int __real_pthread_create(pthread_t *ret, const pthread_attr_t *attributes, void *(*run)(void *arg),
                          void *arg);
int __wrap_pthread_create(pthread_t *ret, const pthread_attr_t *attributes, void *(*run)(void *arg),
                          void *arg);

static void *(*held_run)(void *arg); /* what a new thread does when it may go on */
static atomic_bool holds, goes_on;
static atomic_bool runs_first; /* a new thread runs before pthread_create() returns */
static atomic_bool has_run;

static void *run_later(void *arg)
{
    WAIT_FOR(goes_on);
    return held_run(arg);
}

int __wrap_pthread_create(pthread_t *ret, const pthread_attr_t *attributes, void *(*run)(void *arg),
                          void *arg)
{
    int error;

    held_run = run;
    error = __real_pthread_create(ret, attributes, holds ? run_later : run, arg);
    if (runs_first)
        WAIT_FOR(has_run);
    return error;
}

static pthread_t own;

static void *note_own(void *arg)
{
    own = pthread_self();
    CHECK(pthread_equal(k3thread_get_pthread(k3thread_self()), own) != 0);
    has_run = true;
    return arg;
}

/* The pthread_t of a thread is known when the start has returned, and when the thread runs, whichever is first. */
static void thread_is_known(void)
{
    pthread_t known;
    k3thread *t;

    holds = true;
    t = test_start(note_own, NULL);
    known = k3thread_get_pthread(t);
    CHECK_EQUAL(k3thread_get_tid(t), 0);
    goes_on = true;
    CHECK_EQUAL(k3thread_join(t, -1, NULL), 0);
    CHECK(pthread_equal(known, own) != 0);
    k3thread_unref(t);
    holds = false;
    has_run = false;
    runs_first = true;
    CHECK(test_end(test_start(note_own, NULL)) == NULL);
    CHECK(pthread_equal(k3thread_get_pthread(k3thread_self()), pthread_self()) != 0);
}

static void ids_are_never_reused(void)
{
    unsigned    rounds = test_many(2000, 200);
    k3thread_id last = k3thread_get_id(k3thread_self()), id;
    k3thread   *t;
    char        name[32];

    CHECK_EQUAL(last, 1);
    for (unsigned i = 0; i < rounds; i++) {
        t = test_start(give_back, NULL);
        id = k3thread_get_id(t);
        CHECK_EQUAL(id, last + 1);
        snprintf(name, sizeof(name), "Thread-%llu", (unsigned long long) id);
        CHECK_TEXT(k3thread_get_name(t), name);
        CHECK(test_end(t) == NULL);
        CHECK_EQUAL(k3thread_send_exception_id(id, &k3thread_SystemExit),
                    K3THREAD_INVALID_THREAD_ID_ERROR);
        last = id;
    }
}

static void errno_is_kept(void)
{
    const struct k3thread_options illegal = {.name = ""};
    k3thread                     *t;
    char                          byte;

    errno = 77;
    t = test_start(sleep_for_ever, NULL);
    CHECK(k3thread_start(NULL, give_back, NULL, &illegal) < 0);
    CHECK_EQUAL(k3thread_read(-1, &byte, 1), -EBADF);
    CHECK_EQUAL(k3thread_join(t, 0.01, NULL), -ETIMEDOUT);
    CHECK_EQUAL(k3thread_send_exception(t, &k3thread_SystemExit), 0);
    CHECK(test_end(t) == &k3thread_SystemExit);
    CHECK_EQUAL(k3thread_sleep(0), 0);
    CHECK_EQUAL(errno, 77);
}

static void error_names(void)
{
    CHECK_TEXT(k3thread_error_name(K3THREAD_TYPE_ERROR), "TypeError");
    CHECK_TEXT(k3thread_error_name(K3THREAD_VALUE_ERROR), "ValueError");
    CHECK_TEXT(k3thread_error_name(K3THREAD_INVALID_THREAD_ID_ERROR), "InvalidThreadIdError");
    CHECK_TEXT(k3thread_error_name(K3THREAD_SEND_RAISE_ERROR), "SendRaiseError");
    CHECK_TEXT(k3thread_error_name(-ENOENT), "OSError");
    CHECK(k3thread_error_name(0) == NULL && k3thread_error_name(1) == NULL);
    CHECK(k3thread_is_send_raise_error(K3THREAD_INVALID_THREAD_ID_ERROR));
    CHECK(k3thread_is_send_raise_error(K3THREAD_SEND_RAISE_ERROR));
    CHECK(!k3thread_is_send_raise_error(K3THREAD_TYPE_ERROR));
    CHECK(!k3thread_is_send_raise_error(K3THREAD_VALUE_ERROR));
    CHECK(!k3thread_is_send_raise_error(0) && !k3thread_is_send_raise_error(-EINVAL));
}

K3THREAD_DEFINE_EXCEPTION(Reload, k3thread_RuntimeError);

static void exception_tree(void)
{
    CHECK_TEXT(k3thread_SystemExit.name, "SystemExit");
    CHECK(k3thread_BaseException.base == NULL);
    CHECK(k3thread_exctype_is(&k3thread_TimeoutError, &k3thread_OSError));
    CHECK(k3thread_exctype_is(&k3thread_TimeoutError, &k3thread_Exception));
    CHECK(!k3thread_exctype_is(&k3thread_SystemExit, &k3thread_Exception));
    CHECK(!k3thread_exctype_is(&k3thread_Exception, &k3thread_RuntimeError));
    CHECK(k3thread_exctype_is(&Reload, &Reload));
    CHECK(k3thread_exctype_is(&Reload, &k3thread_Exception));
    CHECK(!k3thread_exctype_is(NULL, &Reload) && !k3thread_exctype_is(&Reload, NULL));
    CHECK_TEXT(Reload.name, "Reload");
#define X(type, parent)                                                                            \
    CHECK_TEXT(k3thread_##type.name, #type);                                                       \
    CHECK(k3thread_##type.base == &k3thread_##parent);
    K3THREAD_EXCEPTION_MAP(X)
#undef X
}

TEST_MAIN({"returns-value", returns_value}, {"returns-exception", returns_exception},
          {"defaults", defaults}, {"names", names}, {"start-errors", start_errors},
          {"stack-size", stack_size}, {"after", after_delays}, {"daemon", daemon_flag},
          {"join-errors", join_errors}, {"join-by-many", join_by_many}, {"find", find},
          {"list", list}, {"identity", identity}, {"kernel-name", kernel_name},
          {"kernel-name-cut", kernel_name_is_cut}, {"ids", ids_are_never_reused},
          {"pthread", thread_is_known}, {"errno", errno_is_kept}, {"error-names", error_names},
          {"tree", exception_tree})
