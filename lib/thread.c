#include "thread.h"

#include "delivery.h"
#include "exit.h"
#include "fork.h"
#include "frame.h"
#include "gone.h"
#include "memory.h"
#include "reap.h"
#include "registry.h"
#include "text.h"
#include "wait.h"

#include <errno.h>
#include <limits.h>
#include <link.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define KERNEL_NAME_SIZE  16 /* with its NUL */
#define DEFAULT_NAME_SIZE 32 /* has room for "Thread-" and any id */

__thread struct k3t_local k3t_local __attribute__((tls_model("initial-exec")));

/* In a program with ThreadSanitizer: what the thread did so far has been done when it is joined. */
extern void __tsan_release(void *address) __attribute__((weak));

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t  key;

/*
 * Ends an adopted thread, as a destructor of thread-specific data. In a program with ThreadSanitizer
 * it is called for every thread and in each round, for the last round is when it counts.
 */
static void leave(void *arg)
{
    struct k3thread *t = arg;

    if (!k3t_has_ended(t))
        k3t_thread_end(t);
    if (__tsan_release != NULL) {
        __tsan_release(t);
        if (++k3t_local.rounds < PTHREAD_DESTRUCTOR_ITERATIONS)
            pthread_setspecific(key, t);
    }
}

static void initialise(void)
{
    pthread_key_create(&key, leave);
    k3t_wake_install();
    k3t_fork_install();
}

/* The record */

static size_t record_size(const char *name)
{
    size_t size = name != NULL ? strlen(name) + 1 : 0;

    return sizeof(struct k3thread) + (size > DEFAULT_NAME_SIZE ? size : DEFAULT_NAME_SIZE);
}

/* Fills T, which has as many bytes as record_size says. Returns 0 or an error number. */
static int fill(struct k3thread *t, const char *name)
{
    memset(t, 0, record_size(name));
    atomic_init(&t->references, 1);
    pthread_mutex_init(&t->lock, NULL);
    pthread_mutex_init(&t->wake_lock, NULL);
    t->event = -1;
    t->watched.nearest = INT64_MAX;
    if (name != NULL)
        memcpy(t->name, name, strlen(name) + 1);
    return k3t_gone_init(t);
}

k3thread *k3thread_ref(k3thread *t)
{
    if (t != NULL)
        atomic_fetch_add_explicit(&t->references, 1, memory_order_relaxed);
    return t;
}

void k3thread_unref(k3thread *t)
{
    if (t == NULL || atomic_fetch_sub_explicit(&t->references, 1, memory_order_acq_rel) != 1)
        return;
    k3t_exc_free(t->ended_by);
    pthread_mutex_destroy(&t->lock);
    pthread_mutex_destroy(&t->wake_lock);
#ifndef __clang_analyzer__ /* it does not count references */
    free(t);
#endif
}

k3thread_id k3thread_get_id(const k3thread *t)
{
    return t->id;
}

const char *k3thread_get_name(const k3thread *t)
{
    return t->name;
}

pthread_t k3thread_get_pthread(const k3thread *t)
{
    return atomic_load_explicit(&t->thread, memory_order_relaxed);
}

pid_t k3thread_get_tid(const k3thread *t)
{
    return atomic_load(&t->tid);
}

bool k3thread_is_daemon(const k3thread *t)
{
    return t->daemon;
}

bool k3thread_is_alive(const k3thread *t)
{
    return !k3t_has_ended(t) && !(t->foreign && k3t_is_gone(t));
}

/* The end */

/*
 * Takes T from the registry and ends it. Caller holds the registry's lock: so fork, which holds it
 * too, finds in its child that a thread is alive, and ends it there, or that it has ended. Returns what
 * is to be dropped.
 */
static struct k3thread_flight_ *retire(struct k3thread *t)
{
    k3t_registry_remove(t);
    return k3t_close(t);
}

/*
 * The record stays the calling thread's own: destructors of thread-specific data that call the
 * library find a thread that has ended. The count comes last: who then ends the process finds T among
 * those that it waits for.
 */
void k3t_thread_end(struct k3thread *t)
{
    struct k3thread_flight_ *dropped;

    k3t_reap_some();
    k3t_registry_lock();
    dropped = retire(t);
    k3t_reap_later(t);
    k3t_registry_unlock();
    k3t_detach(t);
    k3t_drop(dropped);
    if (t->counted)
        k3t_exit_discount();
}

void k3t_thread_bury(struct k3thread *t)
{
    struct k3thread_flight_ *dropped = NULL;
    bool                     ended;

    k3t_registry_lock();
    ended = k3t_has_ended(t);
    if (!ended)
        dropped = retire(t);
    k3t_registry_unlock();
    k3t_drop(dropped);
    if (!ended)
        k3thread_unref(t); /* its own */
}

static void end_managed(struct k3thread **t)
{
    k3t_thread_end(*t);
}

/* The run of a managed thread */

/* The kernel keeps the first bytes: whole characters of them. */
static void name_for_kernel(const char *name)
{
    char cut[KERNEL_NAME_SIZE];

    k3t_text_copy(cut, sizeof(cut), name);
    prctl(PR_SET_NAME, cut);
}

/* Not inlined: its frame would stay below the target, where a page of each stack may turn on it. */
static __attribute__((noinline)) void begin(struct k3thread *t)
{
    k3t_local.self = t;
    atomic_store_explicit(&t->thread, pthread_self(), memory_order_relaxed);
    k3t_gone_begin(t);
    if (__tsan_release != NULL)
        pthread_setspecific(key, t);
    name_for_kernel(t->name);
    k3t_wake_unblock();
    k3thread_local_.mask = K3THREAD_NEVER;
}

/* The mask outside of the block is NEVER: nothing is thrown where nothing would catch it. */
static void call_target(struct k3thread *t)
{
    K3THREAD_TRY {
        k3thread_local_.mask = K3THREAD_IMMEDIATE;
        k3t_attach(t);
        if (t->delayed)
            k3t_finish(k3t_sleep_until(&t->begin));
        k3t_local.fresh = true;
        t->value = t->target(t->arg);
        k3t_mask(K3THREAD_NEVER);
    }
    K3THREAD_EXCEPT(k3thread_BaseException, e) {
        k3t_report(t, e);
        t->ended_by = k3t_frame_take_caught();
    }
    K3THREAD_END
}

/* The variable ends the thread also when the target leaves it by pthread_exit. */
static void *run(void *arg)
{
    struct k3thread *t __attribute__((cleanup(end_managed))) = arg;

    begin(t);
    call_target(t);
    return NULL;
}

/* The start */

static bool name_is_legal(const char *name)
{
    size_t length = strnlen(name, K3THREAD_NAME_MAX + 1);

    if (length == 0 || length > K3THREAD_NAME_MAX)
        return false;
    for (; *name != '\0'; name++) {
        if ((unsigned char) *name < ' ' || *name == 0x7F)
            return false;
    }
    return true;
}

static int check(k3thread_target target, const struct k3thread_options *options)
{
    if (target == NULL)
        return K3THREAD_TYPE_ERROR;
    if (options->name != NULL && !name_is_legal(options->name))
        return K3THREAD_VALUE_ERROR;
    return isnan(options->after) || options->after < 0 ? K3THREAD_VALUE_ERROR : 0;
}

/* Adds what the thread-local variables of one object take to *DATA, if they are in each stack. */
static int add_tls(struct dl_phdr_info *info, size_t size, void *data)
{
    (void) size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type == PT_TLS)
            *(size_t *) data += info->dlpi_phdr[i].p_memsz + info->dlpi_phdr[i].p_align;
    }
    return 0;
}

/*
 * Returns what the system needs of a stack before the target has any of it: at least the least that
 * the C library takes, room for a signal's frame, and thread-local variables.
 */
static size_t needed_stack(void)
{
    const long frame = sysconf(_SC_MINSIGSTKSZ);
    size_t     needed = (size_t) PTHREAD_STACK_MIN + (frame > 0 ? (size_t) frame : 0);

    dl_iterate_phdr(add_tls, &needed);
    return needed;
}

static size_t legal_stack_size(size_t size)
{
    const size_t page = (size_t) sysconf(_SC_PAGESIZE);
    const size_t needed = needed_stack();

    if (size > SIZE_MAX - needed - page)
        return size;
    return (size + needed + page - 1) / page * page;
}

static int set_attributes(pthread_attr_t *attributes, size_t stack_size)
{
    int error = pthread_attr_setdetachstate(attributes, PTHREAD_CREATE_DETACHED);

    if (error == 0 && stack_size != 0)
        error = pthread_attr_setstacksize(attributes, legal_stack_size(stack_size));
    return error;
}

/* The thread is detached: its stack goes when it does, whoever knows of it. */
static int create(struct k3thread *t, size_t stack_size)
{
    pthread_attr_t attributes;
    pthread_t      thread;
    int            error = pthread_attr_init(&attributes);

    if (error != 0)
        return -error;
    error = set_attributes(&attributes, stack_size);
    if (error == 0)
        error = pthread_create(&thread, &attributes, run, t);
    if (error == 0)
        atomic_store_explicit(&t->thread, thread, memory_order_relaxed);
    pthread_attr_destroy(&attributes);
    return -error;
}

static int prepare(struct k3thread **ret, k3thread_target target, void *arg,
                   const struct k3thread_options *options)
{
    struct k3thread *t = malloc(record_size(options->name)); /* quicker than calloc, here */
    int              error;

    if (t == NULL)
        return -ENOMEM;
    error = fill(t, options->name);
    if (error != 0) {
        free(t);
        return -error;
    }
    t->target = target;
    t->arg = arg;
    t->daemon = options->daemon;
    t->counted = !options->daemon;
    t->delayed = options->after > 0;
    if (t->delayed)
        t->begin = k3t_deadline(options->after);
    *ret = t;
    return 0;
}

/* Undoes what launch did for a thread that never came to be. */
static void abandon(struct k3thread *t)
{
    struct k3thread_flight_ *dropped;

    k3t_registry_lock();
    dropped = retire(t);
    k3t_registry_unlock();
    k3t_drop(dropped);
    k3t_gone_set(t);
    if (t->counted)
        k3t_exit_discount();
    k3thread_unref(t);
}

static int start(k3thread **ret, k3thread_target target, void *arg,
                 const struct k3thread_options *options)
{
    int              error = check(target, options);
    struct k3thread *t;

    if (error != 0)
        return error;
    k3t_self();
    k3t_exit_install();
    k3t_reap_some();
    error = prepare(&t, target, arg, options);
    if (error != 0)
        return error;
    if (t->counted)
        k3t_exit_count();
    k3thread_ref(t); /* the caller's */
    k3t_registry_add(t, "Thread");
    error = create(t, options->stack_size);
    if (error != 0)
        abandon(t);
    else if (ret != NULL)
        *ret = t;
    if (error != 0 || ret == NULL)
        k3thread_unref(t);
    return error;
}

int k3thread_start(k3thread **ret, k3thread_target target, void *arg,
                   const struct k3thread_options *options)
{
    static const struct k3thread_options defaults;

    return start(ret, target, arg, options != NULL ? options : &defaults);
}

int k3thread_daemon(k3thread **ret, k3thread_target target, void *arg,
                    const struct k3thread_options *options)
{
    struct k3thread_options changed = {0};

    if (options != NULL)
        changed = *options;
    changed.daemon = true;
    return start(ret, target, arg, &changed);
}

/* Adoption */

struct k3thread *k3t_adopt(void)
{
    bool             is_main = gettid() == getpid();
    const char      *name = is_main ? "MainThread" : NULL;
    struct k3thread *t;

    pthread_once(&once, initialise);
    t = k3t_must_alloc(record_size(name));
    (void) fill(t, name); /* without robust mutexes nobody can wait for it, and no thread starts */
    t->adopted = true;
    t->foreign = !is_main;
    atomic_store_explicit(&t->thread, pthread_self(), memory_order_relaxed);
    k3t_gone_begin(t);
    k3t_local.self = t;
    k3t_wake_unblock();
    k3t_attach(t);
    k3t_registry_add(t, "Dummy");
    pthread_setspecific(key, t);
    return t;
}

k3thread *k3thread_self(void)
{
    return k3t_self();
}
