#include "thread.h"

#include "delivery.h"
#include "exit.h"
#include "fork.h"
#include "frame.h"
#include "memory.h"
#include "reap.h"
#include "registry.h"
#include "wait.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DEFAULT_NAME_SIZE 32 /* has room for "Thread-" and any id */

__thread struct k3t_local k3t_local __attribute__((tls_model("initial-exec")));

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t  adopted_key;

static void end_adopted(void *t)
{
    k3t_thread_end(t);
}

static void initialise(void)
{
    pthread_key_create(&adopted_key, end_adopted);
    k3t_wake_install();
    k3t_fork_install();
}

/* The record */

static size_t record_size(const char *name)
{
    size_t size = name != NULL ? strlen(name) + 1 : 0;

    return sizeof(struct k3thread) + (size > DEFAULT_NAME_SIZE ? size : DEFAULT_NAME_SIZE);
}

/* T has as many bytes as record_size says. */
static void fill(struct k3thread *t, const char *name)
{
    memset(t, 0, record_size(name));
    atomic_init(&t->references, 1);
    pthread_mutex_init(&t->lock, NULL);
    pthread_mutex_init(&t->wake_lock, NULL);
    if (name != NULL)
        memcpy(t->name, name, strlen(name) + 1);
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
    return !k3t_has_ended(t);
}

/* The end */

/*
 * In one step for those who hold the registry's lock, as fork does: in its child a thread is either
 * in the registry, and ended there, or has ended before. Of one that has ended no lock is taken.
 */
static void retire(struct k3thread *t)
{
    k3t_registry_lock();
    k3t_registry_remove(t);
    k3t_close(t);
    k3t_registry_unlock();
}

/*
 * The order: who finds T ended no longer finds it in the registry; who then ends the process waits
 * in its exit for the calling thread to be gone.
 */
void k3t_thread_end(struct k3thread *t)
{
    bool      counted = t->counted;
    bool      claimed = k3t_join_close(t);
    pthread_t before = t->adopted || claimed ? 0 : k3t_reap_me();

    retire(t);
    k3t_detach(t);
    k3t_local.self = NULL;
    if (t->watched)
        syscall(SYS_futex, &t->ended, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
    k3thread_unref(t);
    if (counted)
        k3t_exit_discount();
    k3t_reap_join(before);
}

static void end_managed(struct k3thread **t)
{
    k3t_thread_end(*t);
}

/* The run of a managed thread */

static void begin(struct k3thread *t)
{
    k3t_local.self = t;
    prctl(PR_SET_NAME, t->name);
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

static size_t legal_stack_size(size_t size)
{
    size_t page = (size_t) sysconf(_SC_PAGESIZE);
    size_t least = (size_t) PTHREAD_STACK_MIN;

    if (size < least)
        size = least;
    return size > SIZE_MAX - page ? size : (size + page - 1) / page * page;
}

static int create(struct k3thread *t, size_t stack_size)
{
    pthread_attr_t attributes;
    int            error = pthread_attr_init(&attributes);

    if (error != 0)
        return -error;
    if (stack_size != 0)
        error = pthread_attr_setstacksize(&attributes, legal_stack_size(stack_size));
    if (error == 0)
        error = pthread_create(&t->thread, &attributes, run, t);
    pthread_attr_destroy(&attributes);
    return -error;
}

static struct k3thread *prepare(k3thread_target target, void *arg,
                                const struct k3thread_options *options)
{
    struct k3thread *t = malloc(record_size(options->name)); /* quicker than calloc, here */

    if (t == NULL)
        return NULL;
    fill(t, options->name);
    t->target = target;
    t->arg = arg;
    t->daemon = options->daemon;
    t->counted = !options->daemon;
    t->delayed = options->after > 0;
    if (t->delayed)
        t->begin = k3t_deadline(options->after);
    return t;
}

/* Undoes what launch did for a thread that never came to be. */
static void abandon(struct k3thread *t)
{
    retire(t);
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
    t = prepare(target, arg, options);
    if (t == NULL)
        return -ENOMEM;
    if (t->counted)
        k3t_exit_count();
    k3thread_ref(t); /* the caller's */
    k3t_registry_add(t, "Thread");
    error = create(t, options->stack_size);
    if (error != 0) {
        abandon(t);
    } else {
        k3t_join_open(t);
        if (ret != NULL)
            *ret = t;
    }
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
    fill(t, name);
    t->adopted = true;
    k3t_local.self = t;
    k3t_wake_unblock();
    k3t_attach(t);
    k3t_registry_add(t, "Dummy");
    pthread_setspecific(adopted_key, t);
    return t;
}

k3thread *k3thread_self(void)
{
    return k3t_self();
}
