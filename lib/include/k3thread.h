/*
 * libk3thread: managed threads, and exceptions raised into them from outside.
 *
 * A C re-imagining of the Python library k3thread: start a named thread, delay it, make it a
 * daemon, list threads, raise an exception in one, join it. A comment "Python:" says where a
 * declaration comes from.
 *
 *     static void *work(void *arg)
 *     {
 *         K3THREAD_TRY {
 *             k3thread_sleep(-1);
 *         } K3THREAD_EXCEPT(k3thread_KeyboardInterrupt, e) {
 *             puts(e->message);
 *         } K3THREAD_END
 *         return arg;
 *     }
 *
 *     k3thread *t;
 *     k3thread_start(&t, work, NULL, NULL);
 *     k3thread_send_exceptionf(t, &k3thread_KeyboardInterrupt, "enough");
 *     k3thread_join(t, -1, NULL);
 *     k3thread_unref(t);
 *
 * Conventions, where nothing else is said:
 *  - A function that can fail returns 0 (or a count) or a negative error: one of the constants
 *    below or -errno. errno itself is left alone. Outputs are untouched on failure.
 *  - Times are seconds; a negative timeout waits for ever. NaN is K3THREAD_VALUE_ERROR.
 *  - Any thread may call any function, also one that the library did not start. No function may be
 *    called from a signal handler or between vfork and exec.
 *  - Strings that are passed in are copied. Strings are bytes; UTF-8 is not cut in mid-character.
 *  - An exception is thrown only by k3thread_throw and K3THREAD_RERAISE, at checkpoints, in the
 *    interruptible waits and when k3thread_set_mask opens the mask. An exception that no handler of a
 *    block takes goes on from the block's K3THREAD_END.
 *  - The library never exits the process, and prints nothing but the line of the default excepthook.
 *
 * The library reserves one signal, k3thread_wake_signal(). Do not block, handle or ignore it in a
 * thread that is to be woken. A blocking call that is not the library's may return EINTR because of it.
 */
#ifndef K3THREAD_H
#define K3THREAD_H

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif
#define K3THREAD_NORETURN_            __attribute__((noreturn))
#define K3THREAD_PRINTF_(text, first) __attribute__((format(printf, text, first)))

#pragma GCC visibility push(default)

/* Limits. */
#define K3THREAD_NAME_MAX    64  /* bytes of a thread's name, without the NUL */
#define K3THREAD_MESSAGE_MAX 256 /* an exception's message with its NUL; longer ones are cut */
#define K3THREAD_QUEUE_MAX   64  /* exceptions that one thread may have pending */

/*
 * The errors of the Python library, outside of errno's range. Every other failure is -errno.
 *
 * TYPE_ERROR               an argument is of the wrong kind: NULL thread, NULL target, NULL type
 * VALUE_ERROR              an argument's value is illegal. Python: ValueError
 * INVALID_THREAD_ID_ERROR  the thread is not alive, or no thread has that id. Python:
 *                          InvalidThreadIdError, a SendRaiseError
 * SEND_RAISE_ERROR         the exception could not be raised for another reason: the thread's queue is
 *                          full, or there is no memory. Python: SendRaiseError
 */
#define K3THREAD_ERROR_MAP(X)                                                                      \
    X(K3THREAD_TYPE_ERROR, -5001, "TypeError")                                                     \
    X(K3THREAD_VALUE_ERROR, -5002, "ValueError")                                                   \
    X(K3THREAD_INVALID_THREAD_ID_ERROR, -5003, "InvalidThreadIdError")                             \
    X(K3THREAD_SEND_RAISE_ERROR, -5004, "SendRaiseError")

#define K3THREAD_X_(constant, number, name) constant = number,
enum k3thread_error { K3THREAD_ERROR_MAP(K3THREAD_X_) };
#undef K3THREAD_X_

/*
 * Returns the name of ERROR: "TypeError" and so on; for any other negative value "OSError" (strerror
 * says more); NULL if ERROR is not negative. The name is not to be freed. Safe in a signal handler.
 */
const char *k3thread_error_name(int error);

/*
 * Returns true for InvalidThreadIdError and SendRaiseError. Python: isinstance(e, SendRaiseError).
 */
bool k3thread_is_send_raise_error(int error);

/*
 * Exception types. A type is a constant object: its address is its identity, NAME is printed, BASE is
 * the type that it is derived from. Only k3thread_BaseException has no base. The object must outlive
 * every exception of its type, so keep it at file scope.
 */
typedef struct k3thread_exctype {
    const char                    *name;
    const struct k3thread_exctype *base;
} k3thread_exctype;

/*
 * The tree of Python's exceptions, without the types that have no meaning in C. X(name, base) defines
 * k3thread_NAME. Each type follows its base; k3thread_BaseException comes first.
 */
#define K3THREAD_EXCEPTION_MAP(X)                                                                  \
    X(SystemExit, BaseException)                                                                   \
    X(KeyboardInterrupt, BaseException)                                                            \
    X(GeneratorExit, BaseException)                                                                \
    X(Exception, BaseException)                                                                    \
    X(StopIteration, Exception)                                                                    \
    X(StopAsyncIteration, Exception)                                                               \
    X(ArithmeticError, Exception)                                                                  \
    X(FloatingPointError, ArithmeticError)                                                         \
    X(OverflowError, ArithmeticError)                                                              \
    X(ZeroDivisionError, ArithmeticError)                                                          \
    X(AssertionError, Exception)                                                                   \
    X(AttributeError, Exception)                                                                   \
    X(BufferError, Exception)                                                                      \
    X(EOFError, Exception)                                                                         \
    X(ImportError, Exception)                                                                      \
    X(ModuleNotFoundError, ImportError)                                                            \
    X(LookupError, Exception)                                                                      \
    X(IndexError, LookupError)                                                                     \
    X(KeyError, LookupError)                                                                       \
    X(MemoryError, Exception)                                                                      \
    X(NameError, Exception)                                                                        \
    X(UnboundLocalError, NameError)                                                                \
    X(OSError, Exception)                                                                          \
    X(BlockingIOError, OSError)                                                                    \
    X(ChildProcessError, OSError)                                                                  \
    X(ConnectionError, OSError)                                                                    \
    X(BrokenPipeError, ConnectionError)                                                            \
    X(ConnectionAbortedError, ConnectionError)                                                     \
    X(ConnectionRefusedError, ConnectionError)                                                     \
    X(ConnectionResetError, ConnectionError)                                                       \
    X(FileExistsError, OSError)                                                                    \
    X(FileNotFoundError, OSError)                                                                  \
    X(InterruptedError, OSError)                                                                   \
    X(IsADirectoryError, OSError)                                                                  \
    X(NotADirectoryError, OSError)                                                                 \
    X(PermissionError, OSError)                                                                    \
    X(ProcessLookupError, OSError)                                                                 \
    X(TimeoutError, OSError)                                                                       \
    X(ReferenceError, Exception)                                                                   \
    X(RuntimeError, Exception)                                                                     \
    X(NotImplementedError, RuntimeError)                                                           \
    X(RecursionError, RuntimeError)                                                                \
    X(SyntaxError, Exception)                                                                      \
    X(SystemError, Exception)                                                                      \
    X(TypeError, Exception)                                                                        \
    X(ValueError, Exception)                                                                       \
    X(UnicodeError, ValueError)                                                                    \
    X(Warning, Exception)                                                                          \
    X(UserWarning, Warning)                                                                        \
    X(RuntimeWarning, Warning)                                                                     \
    X(ResourceWarning, Warning)

extern const k3thread_exctype k3thread_BaseException;
#define K3THREAD_X_(name, base) extern const k3thread_exctype k3thread_##name;
K3THREAD_EXCEPTION_MAP(K3THREAD_X_)
#undef K3THREAD_X_

/*
 * Defines an exception type of your own at file scope, "const k3thread_exctype IDENT"; in a header,
 * declare it as "extern const k3thread_exctype IDENT;".
 *
 *     K3THREAD_DEFINE_EXCEPTION(Reload, k3thread_Exception);
 */
#ifdef __cplusplus
#define K3THREAD_DEFINE_EXCEPTION(ident, base_ident)                                               \
    extern const k3thread_exctype ident; /* const is static in C++ */                              \
    const k3thread_exctype        ident = {#ident, &(base_ident)}
#else
#define K3THREAD_DEFINE_EXCEPTION(ident, base_ident)                                               \
    const k3thread_exctype ident = {#ident, &(base_ident)}
#endif

/*
 * Returns true if TYPE is BASE or derived from it; false if either is NULL. Safe in a signal handler.
 */
bool k3thread_exctype_is(const k3thread_exctype *type, const k3thread_exctype *base);

/*
 * A thread. The object is counted by references and outlives the thread itself. A caller that gets a
 * reference, from an output or by find, find_id, list or ref, releases it by k3thread_unref.
 */
typedef struct k3thread k3thread;
typedef uint64_t        k3thread_id; /* 1, 2, 3 …; never used twice in a process */
typedef void *(*k3thread_target)(void *arg);

struct k3thread_options { /* all zero = the defaults */
    const char *name;   /* 1 to K3THREAD_NAME_MAX bytes, no control characters; NULL: "Thread-N" */
    double      after;  /* seconds to wait, in the new thread, before the target is called */
    bool        daemon; /* the process may end without it */
    size_t stack_size;  /* bytes, rounded up to what the system needs; 0: the C library's default */
};

/*
 * Starts a thread that calls TARGET(ARG). The mask of the thread is K3THREAD_IMMEDIATE; its signal mask is the
 * caller's, with the wake signal unblocked.
 *
 * *RET gets a reference; RET may be NULL. The thread need not be joined. OPTIONS may be NULL. Errors: TYPE_ERROR
 * (no target), VALUE_ERROR (name, or after < 0 or NaN), -EAGAIN, -ENOMEM, -ENOTSUP (the kernel, or an emulation of
 * it, has no robust mutexes). Python: k3thread.start(target, name=, args=, daemon=, after=).
 */
int k3thread_start(k3thread **ret, k3thread_target target, void *arg,
                   const struct k3thread_options *options);

/* Starts a thread as k3thread_start does with options->daemon set. Python: k3thread.daemon. */
int k3thread_daemon(k3thread **ret, k3thread_target target, void *arg,
                    const struct k3thread_options *options);

/* The way in which a thread ended. */
struct k3thread_result {
    void                   *value;     /* returned by the target; NULL if it did not return */
    const k3thread_exctype *exception; /* NULL: no exception ended the thread */
    char                    message[K3THREAD_MESSAGE_MAX]; /* the exception's, "" if none */
};

/*
 * Waits until T is gone, at most TIMEOUT seconds: until its target has ended, its destructors of
 * thread-specific data and thread_local objects have run, and the kernel has finished with it. An
 * interruptible wait. RET may be NULL. Any number of threads may join T, any number of times; a join
 * releases no reference. A thread that has called exit counts as gone. A thread that exit,
 * pthread_exit or pthread_cancel ended has neither a value nor an exception.
 *
 * Errors: TYPE_ERROR, VALUE_ERROR (timeout), -ETIMEDOUT, -EDEADLK (T is the caller), -ECANCELED.
 * Python: Thread.join.
 */
int k3thread_join(k3thread *t, double timeout, struct k3thread_result *ret);

/*
 * Joins T, as k3thread_join does, and returns what its target returned. If an exception ended T, throws a copy of
 * it in the caller, with the same type, message and data. The sender of the copy is T, and its cause is the
 * exception that ended T.
 *
 * Throws TypeError if T is NULL, and RuntimeError if T is the caller. With the mask RETURN returns NULL while an
 * exception is pending. Python: concurrent.futures.Future.result.
 */
void *k3thread_value(k3thread *t);

/*
 * Returns the cause of E, if k3thread_value threw E: the exception that ended the thread, valid as long as E.
 * Returns NULL if E is NULL, if another function threw E, or if there was no memory for a cause.
 */
const struct k3thread_exc *k3thread_cause(const struct k3thread_exc *e);

/* Takes a reference and returns T. NULL is fine. */
k3thread *k3thread_ref(k3thread *t);

/* Releases a reference. After the last release T must not be used. NULL is fine. */
void k3thread_unref(k3thread *t);

/*
 * Returns the calling thread, borrowed: valid while it runs. Never NULL: a thread that the library did
 * not start is adopted, as "MainThread" if it is the process's first and as "Dummy-N" otherwise. The
 * exit rule does not wait for adopted threads. Python: threading.current_thread.
 */
k3thread *k3thread_self(void);

/* Returns a new reference to the oldest live thread with that name, or NULL. */
k3thread *k3thread_find(const char *name);

/* Returns a new reference to the live thread with that id, or NULL. */
k3thread *k3thread_find_id(k3thread_id id);

/*
 * Stores new references to at most CAPACITY live threads, in order of id, and returns how many there
 * are, which may be more. THREADS may be NULL if CAPACITY is 0. Python: threading.enumerate.
 */
size_t k3thread_list(k3thread **threads, size_t capacity);

/*
 * Waits for all threads that exit would wait for, except the caller, at most TIMEOUT seconds. With it, a program
 * waits for its threads before the functions that it has registered by atexit. An interruptible wait. Two threads
 * that exit would wait for must not call it at the same time without a limit: they would wait for each other for
 * ever. Errors: VALUE_ERROR, -ETIMEDOUT, -ECANCELED.
 */
int k3thread_shutdown(double timeout);

/* Properties of T, which must not be NULL. The name lives as long as the caller's reference. */
k3thread_id k3thread_get_id(const k3thread *t);
const char *k3thread_get_name(const k3thread *t);
bool        k3thread_is_daemon(const k3thread *t);

/* Returns the kernel's id of T: 0 before it runs and after it has ended. */
pid_t k3thread_get_tid(const k3thread *t);

/*
 * Returns the pthread_t of T, for functions of the C library that look at or change a running thread.
 * It is valid until T is gone, and 0 before T runs. T is detached: pthread_join must not be used.
 */
pthread_t k3thread_get_pthread(const k3thread *t);

/* Returns true from k3thread_start on, until the target has ended. Afterwards T takes no exceptions. */
bool k3thread_is_alive(const k3thread *t);

/* An exception. */
struct k3thread_exc {
    const k3thread_exctype  *type;
    char                     message[K3THREAD_MESSAGE_MAX];
    k3thread_id              sender;  /* the thread that raised it */
    void                    *data;    /* of k3thread_send_data; else NULL */
    struct k3thread_origin_ *origin_; /* the library's own */
};

/*
 * Raises an exception of TYPE in T, and returns at once: the exception joins T's queue, and T is woken
 * from an interruptible wait. T may be the caller: the exception is then thrown at its next checkpoint.
 *
 *  - If T waits out its "after", the exception ends it: the target is never called.
 *  - If T's target has not begun, the exception is thrown at the target's first checkpoint.
 *  - Exceptions that are still pending when T ends are dropped.
 *
 * 0 means that T was alive and the exception is in its queue. FORMAT is printf's; NULL is no message.
 * Errors: TYPE_ERROR (T or TYPE is NULL), VALUE_ERROR (TYPE is not derived from BaseException),
 * INVALID_THREAD_ID_ERROR, SEND_RAISE_ERROR. Python: k3thread.send_exception(thread, exception).
 */
int k3thread_send_exception(k3thread *t, const k3thread_exctype *type);
int k3thread_send_exceptionf(k3thread *t, const k3thread_exctype *type, const char *format, ...)
    K3THREAD_PRINTF_(3, 4);
int k3thread_send_exception_id(k3thread_id id, const k3thread_exctype *type);

/*
 * Raises an exception as k3thread_send_exceptionf does, with DATA for the handler: e->data. FREE_DATA(DATA) is
 * called once, unless FREE_DATA is NULL, when the exception and its copies are gone: after the handler
 * that caught it, when the thread object that it ended is freed, or when it is dropped. That may be in
 * any thread; no lock is held. On failure DATA stays the caller's.
 */
int k3thread_send_data(k3thread *t, const k3thread_exctype *type, void *data,
                       void (*free_data)(void *data), const char *format, ...)
    K3THREAD_PRINTF_(5, 6);

/*
 * Throws an exception in the calling thread, whatever its mask. FORMAT may be NULL. A TYPE that is
 * NULL or not derived from BaseException is thrown as TypeError, as Python does.
 *
 * The stack is unwound to the innermost K3THREAD_TRY. On the way cleanups run, innermost first, with
 * the mask K3THREAD_NEVER; in code compiled with -fexceptions the attribute cleanup of variables and
 * C++ destructors run too. An exception must not pass a noexcept function (that ends the program, as in
 * C++). A catch (...) that does not throw it on has caught it.
 *
 * An exception that no TRY catches ends the thread: silently if it is a SystemExit, through the
 * excepthook otherwise. An adopted thread ends as by pthread_exit. The main thread ends the process as
 * exit does, with status 1, or 0 for a SystemExit.
 */
K3THREAD_NORETURN_ void k3thread_throw(const k3thread_exctype *type, const char *format, ...)
    K3THREAD_PRINTF_(2, 3);

/*
 * Blocks.
 *
 *     K3THREAD_TRY {
 *         …
 *     } K3THREAD_EXCEPT(k3thread_SystemExit, e) {
 *         … e->type, e->message, e->sender …
 *     } K3THREAD_EXCEPT(k3thread_Exception, e) {
 *         … K3THREAD_RERAISE();
 *     } K3THREAD_FINALLY {
 *         …
 *     } K3THREAD_END
 *
 * A block has any number of EXCEPT, then at most one FINALLY, and END. The first EXCEPT whose type fits
 * runs. The argument of EXCEPT is the type itself (an lvalue, k3thread_SystemExit), not its address.
 * "e" is a const struct k3thread_exc *, valid inside its EXCEPT.
 *
 *  - Inside EXCEPT the mask is ON_BLOCKING if it was IMMEDIATE, and unchanged otherwise: a handler never
 *    opens a mask. Inside FINALLY the mask is NEVER. If an exception left the body, the mask after the
 *    block is again the mask before the TRY, however the block is left. Otherwise the mask stays as the
 *    body has set it.
 *  - The end of the body is a checkpoint inside the block; END is no checkpoint. So this block catches
 *    an exception that is raised while the body computes. An exception that is raised while a handler
 *    runs stays pending until the next checkpoint or wait. A loop around a block survives both.
 *  - An exception thrown inside EXCEPT runs the FINALLY of the same block and goes outwards.
 *    K3THREAD_RERAISE() once more throws the innermost exception that is being handled, also from a
 *    function that the handler calls; outside of any handler it throws RuntimeError.
 *  - return, break, continue and goto may leave any part of the block, as they would without it.
 *    FINALLY does not run then: C offers no way. It does not run either when pthread_exit,
 *    pthread_cancel or a native exception of C++ leaves the block. Put code that must run on every way
 *    out in k3thread_cleanup_push or a variable with the attribute cleanup.
 *  - As with setjmp, a local variable that is changed inside the TRY and read after an exception must
 *    be volatile. Do not jump out of a block by longjmp, nor into one.
 */
#define K3THREAD_TRY          K3THREAD_TRY_(__COUNTER__)
#define K3THREAD_TRY_(unique) K3THREAD_TRY__(unique)
#define K3THREAD_TRY__(unique)                                                                     \
    {                                                                                              \
        K3THREAD_CXX_TRY_                                                                          \
        {                                                                                          \
            struct k3thread_try_                        k3thread_block_##unique;                   \
            struct k3thread_try_ *const K3THREAD_GUARD_ k3thread_guard_##unique                    \
                __attribute__((unused, cleanup(k3thread_try_leave_fast_))) =                       \
                    k3thread_try_enter_(&k3thread_block_##unique);                                 \
            if (_setjmp(k3thread_block_##unique.environment) == 0) {                               \
                k3thread_block_##unique.block.state = K3THREAD_BODY_;
#define K3THREAD_EXCEPT(exception_type, e)                                                         \
    k3thread_part_end_fast_();                                                                     \
    }                                                                                              \
    else if (k3thread_catch_(&(exception_type)))                                                   \
    {                                                                                              \
        const struct k3thread_exc *const e = k3thread_caught_();                                   \
        (void) e;
#define K3THREAD_FINALLY                                                                           \
    k3thread_part_end_fast_();                                                                     \
    }                                                                                              \
    k3thread_finally_();                                                                           \
    {
#define K3THREAD_END                                                                               \
    k3thread_part_end_fast_();                                                                     \
    }                                                                                              \
    k3thread_end_fast_();                                                                          \
    }                                                                                              \
    K3THREAD_CXX_CATCH_                                                                            \
    }
#define K3THREAD_RERAISE() k3thread_reraise_()

/*
 * Time limits.
 *
 *     K3THREAD_TIMEOUT(0.5) {
 *         …
 *     } K3THREAD_EXCEPT(k3thread_TimeoutError, e) {
 *         … the half second was over before the body was …
 *     } K3THREAD_END
 *
 * is a TRY whose body gets a TimeoutError when its time is up, as if the thread had raised it in
 * itself, with the message "the limit was 0.5 s": it is thrown where the mask allows. A negative limit
 * means no limit; 0 throws at the body's first checkpoint or wait. Before the block
 * is entered, NaN throws ValueError, and RuntimeError is thrown if the process cannot start its hidden
 * thread for time limits.
 *
 *  - While the body runs, its TimeoutError is only for the handlers of this block: blocks further in
 *    run their FINALLY and clean-ups, but no handler. If no handler of this block takes it, it goes on
 *    as any other exception.
 *  - EXCEPT(k3thread_TimeoutError, e) of this block takes no other TimeoutError: neither one that is
 *    raised or thrown, nor the one of a time limit further in.
 *  - When the body is left, in whatever way, the limit is withdrawn, also if its exception is pending
 *    already. A body that has come to its end is not late.
 */
#define K3THREAD_TIMEOUT(seconds)          K3THREAD_TIMEOUT_(__COUNTER__, seconds)
#define K3THREAD_TIMEOUT_(unique, seconds) K3THREAD_TIMEOUT__(unique, seconds)
#define K3THREAD_TIMEOUT__(unique, seconds)                                                        \
    {                                                                                              \
        K3THREAD_CXX_TRY_                                                                          \
        {                                                                                          \
            struct k3thread_timeout_                    k3thread_block_##unique;                   \
            struct k3thread_try_ *const K3THREAD_GUARD_ k3thread_guard_##unique                    \
                __attribute__((unused, cleanup(k3thread_try_leave_fast_))) =                       \
                    k3thread_timeout_enter_(&k3thread_block_##unique, seconds);                    \
            if (_setjmp(k3thread_block_##unique.body.environment) == 0) {                          \
                k3thread_block_##unique.body.block.state = K3THREAD_LIMITED_;

/*
 * Calls FUNCTION(ARG) when the code between push and pop is left, in whatever way: by an exception,
 * return, break, continue, goto, or pthread_exit and pthread_cancel (in code with -fexceptions); and
 * at the pop if EXECUTE is not 0. The function runs with the mask NEVER. It may block, but a raise does
 * not end its waits. Push and pop are { and } of one block: they stand in the same function at the same
 * depth.
 */
#define k3thread_cleanup_push(function, arg)  K3THREAD_PUSH_(__COUNTER__, function, arg)
#define K3THREAD_PUSH_(unique, function, arg) K3THREAD_PUSH__(unique, function, arg)
#define K3THREAD_PUSH__(unique, function, arg)                                                     \
    {                                                                                              \
        struct k3thread_cleanup_        k3thread_block_##unique;                                   \
        struct k3thread_cleanup_ *const k3thread_guard_##unique                                    \
            __attribute__((unused, cleanup(k3thread_cleanup_leave_))) =                            \
                k3thread_cleanup_enter_(&k3thread_block_##unique, function, arg);                  \
        {
#define k3thread_cleanup_pop(execute)                                                              \
    }                                                                                              \
    k3thread_cleanup_end_(execute);                                                                \
    }

/*
 * Masks: where a thread throws its pending exceptions. Each thread begins with IMMEDIATE, whatever the
 * mask of the thread that started it.
 */
enum k3thread_mask {
    K3THREAD_IMMEDIATE,   /* at every checkpoint and wait */
    K3THREAD_ON_BLOCKING, /* only in the interruptible waits */
    K3THREAD_NEVER,       /* nowhere: they stay pending, and do not end waits */
    K3THREAD_RETURN       /* nowhere: waits return -ECANCELED while an exception is pending */
};

/*
 * Sets the calling thread's mask and returns the old one. If the new one is IMMEDIATE and an
 * exception is pending, it is thrown here, with the new mask set. An unknown MASK changes nothing.
 */
enum k3thread_mask k3thread_set_mask(enum k3thread_mask mask);

/* Returns the calling thread's mask. */
enum k3thread_mask k3thread_get_mask(void);

/*
 * Sets the mask as k3thread_set_mask does, but throws nothing: for destructors and guards, which must not
 * throw. A pending exception is thrown at the next checkpoint or wait.
 */
enum k3thread_mask k3thread_restore_mask(enum k3thread_mask mask);

/*
 *     K3THREAD_SHIELD {
 *         …
 *     } K3THREAD_SHIELD_END
 *
 * runs its body with the mask NEVER. The old mask is restored however the body is left, also by
 * return, break, continue, goto or an exception. The end throws nothing.
 */
#define K3THREAD_SHIELD          K3THREAD_SHIELD_(__COUNTER__)
#define K3THREAD_SHIELD_(unique) K3THREAD_SHIELD__(unique)
#define K3THREAD_SHIELD__(unique)                                                                  \
    {                                                                                              \
        struct k3thread_shield_        k3thread_shield_##unique;                                   \
        struct k3thread_shield_ *const k3thread_guard_##unique                                     \
            __attribute__((unused, cleanup(k3thread_shield_leave_))) =                             \
                k3thread_shield_enter_(&k3thread_shield_##unique);                                 \
        {
#define K3THREAD_SHIELD_END                                                                        \
    }                                                                                              \
    }

/* Returns true if the calling thread has an exception pending, whatever its mask. */
bool k3thread_pending(void);

/*
 * Takes the oldest pending exception of the calling thread, whatever its mask, and stores it in *RET instead of
 * throwing it. Returns false, with *RET untouched, if there is none. If RET is NULL, drops the exception. The
 * caller has to free the data of an exception that is stored in *RET.
 */
bool k3thread_take(struct k3thread_exc *ret);

/*
 * Returns a descriptor for event loops, which is readable while the calling thread has an exception pending,
 * whatever its mask; -errno on failure. Each call in a thread returns the same descriptor. It is an eventfd that
 * belongs to the library: do not read, write or close it. It is closed when the thread ends. A forked child has one
 * of its own under the same number.
 */
int k3thread_pending_fd(void);

/*
 * Throws the oldest pending exception if the mask is IMMEDIATE. It takes about a nanosecond if there is
 * none.
 */
void k3thread_checkpoint(void);

/*
 * The interruptible waits, to which k3thread_join belongs too. Each does what the call of its name
 * does, with these differences:
 *
 *  - It returns 0 or more, or -errno.
 *  - If an exception is pending, or comes during the wait, it is thrown if the mask is IMMEDIATE or
 *    ON_BLOCKING; if the mask is RETURN, the call returns -ECANCELED. Nothing is lost: a wait that has
 *    had its effect (bytes moved, a connection accepted, a child reaped, a mutex taken, EOWNERDEAD
 *    reported) returns the effect, and the exception stays pending. No wake-up is lost either.
 *  - Other signals do not end the wait: it goes on until the same deadline.
 *  - TIMEOUT is in seconds. When it has passed, poll and epoll_wait return 0 and the others -ETIMEDOUT.
 *  - Only cond_wait and sem_wait are cancellation points of pthread_cancel, whatever the mask.
 *
 * A read or write of a regular file is not interrupted once it has begun.
 */
int     k3thread_sleep(double seconds);
int     k3thread_poll(struct pollfd *fds, nfds_t n, double timeout);
int     k3thread_epoll_wait(int fd, struct epoll_event *events, int size, double timeout);
ssize_t k3thread_read(int fd, void *buffer, size_t size);
ssize_t k3thread_write(int fd, const void *buffer, size_t size);
ssize_t k3thread_recv(int fd, void *buffer, size_t size, int flags);
ssize_t k3thread_send(int fd, const void *buffer, size_t size, int flags);
int     k3thread_open(const char *path, int flags, ...); /* with O_CREAT or O_TMPFILE: a mode */
int     k3thread_flock(int fd, int operation);

/* ADDRESS and LENGTH may both be NULL. The new descriptor is close-on-exec. */
int k3thread_accept(int fd, struct sockaddr *address, socklen_t *length);

/*
 * When an exception or the TIMEOUT ends the wait, the attempt may go on in the kernel: close the
 * socket. During a wait with a TIMEOUT the socket's SO_SNDTIMEO is changed.
 */
int k3thread_connect(int fd, const struct sockaddr *address, socklen_t length, double timeout);

/* Waits until a child ends; PID says which, as in waitpid. Returns the child's pid. STATUS may be NULL. */
int k3thread_waitpid(pid_t pid, int *status);

/*
 * Waits for one child, whose PID is positive, with a time limit. Before Linux 5.4 it fails with -ENOSYS.
 */
int k3thread_waitpid_timeout(pid_t pid, int *status, double timeout);

/*
 * cond_wait: the caller holds MUTEX, and holds it again whatever happens (also if pthread_cancel ends
 * the wait), before any handler or cleanup runs. It may return 0 without a signal, as pthread_cond_wait
 * may: wait in a loop.
 *
 * TIMEOUT is by the monotonic clock, whatever clock COND was made with. -EOWNERDEAD: the caller holds
 * the mutex, a robust one, whose owner has died.
 */
int k3thread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex, double timeout);
int k3thread_mutex_lock(pthread_mutex_t *mutex, double timeout);
int k3thread_sem_wait(sem_t *sem, double timeout);

/*
 * k3thread_park waits for the calling thread's permit, and takes it. If an exception is pending too, it
 * is thrown and the permit stays. k3thread_unpark gives T a permit if it has none, also before T parks;
 * its errors: TYPE_ERROR, INVALID_THREAD_ID_ERROR. Java: LockSupport.
 */
int k3thread_park(double timeout);
int k3thread_unpark(k3thread *t);

/*
 * Waits while *WORD is VALUE, until it is woken by futex(2). OPERATION is FUTEX_WAIT or
 * FUTEX_WAIT_PRIVATE. -EAGAIN: *WORD is not VALUE. It may return 0 without a wake-up.
 */
int k3thread_futex(const uint32_t *word, int operation, uint32_t value, double timeout);

/*
 * Makes any system call as an interruptible wait. Returns the kernel's result; if another signal came,
 * that is -EINTR, and the caller decides whether to make the call again.
 */
long k3thread_syscall(long number, ...);

/*
 * A function that is called when an exception other than SystemExit ends a thread: in that thread, after
 * its stack was unwound, with the mask NEVER. The default one prints one line to stderr:
 *
 *     Exception in thread NAME: TYPE: MESSAGE
 */
typedef void (*k3thread_excepthook)(k3thread *t, const struct k3thread_exc *e);

/*
 * Sets the hook of the process and returns the old one. NULL sets the default one. Python:
 * threading.excepthook.
 */
k3thread_excepthook k3thread_set_excepthook(k3thread_excepthook hook);

/*
 * Returns the signal that wakes threads: SIGSTKFLT, which Linux itself never sends, unless
 * k3thread_set_wake_signal has set another.
 */
int k3thread_wake_signal(void);

/*
 * Makes SIGNAL the signal that wakes threads. Call it before any other function of the library. A signal below
 * SIGRTMIN is best, because it can always be sent. If the program has a handler for SIGNAL, the library calls that
 * handler too.
 *
 * Errors: VALUE_ERROR (SIGNAL is no signal, cannot be caught, or reports an error of the program), -EBUSY (the
 * library is in use).
 */
int k3thread_set_wake_signal(int signal);

/*
 * Attaching. A process that k3thread(1) has started as the command of a thread can take exceptions itself: after
 * k3thread_attach, "k3thread raise web ValueError -m 'bad line'" acts as k3thread_send_exceptionf on the process's
 * MainThread, and "k3thread raise web/NAME ..." on the thread NAME. The sender of such an exception is 0.
 *
 * The library has one hidden thread for this, which handles no signal and sleeps while nothing comes. The functions
 * here do not list it, and exit does not wait for it. A forked child is not attached.
 *
 * If no block catches such an exception in the main thread, the library tells the supervisor, and the process ends
 * with status 143 (SystemExit), 130 (KeyboardInterrupt), 124 (TimeoutError) or 1.
 *
 * k3thread_attach connects, and returns when the supervisor knows the threads of the process. It returns 0 also if
 * the process is attached already. Errors: -ENOENT (no supervisor has started the process; nothing is done), -EBUSY
 * (another process of the thread is attached), -EPERM (the process does not belong to the thread), -ESRCH (the thread
 * has ended), -EALREADY (another thread attaches or detaches), -ETIMEDOUT, or the error of a
 * system call.
 */
int k3thread_attach(void);

/*
 * Ends the attachment: from then on the process gets signals again. An exception that has arrived stays. Returns 0,
 * or -ENOENT if there was none.
 */
int k3thread_detach(void);

/*
 * Lets TYPE, an exception type of the program, be raised by its name from outside, now or when the process is
 * attached. Errors: TYPE_ERROR (NULL), VALUE_ERROR (not derived from BaseException, or the name has other characters
 * than letters, digits, '_' and '.'), -EEXIST (another type has the name), -ENOSPC (64 types are published).
 */
int k3thread_publish(const k3thread_exctype *type);

/*
 * The exit rule. From the first k3thread_start on, the end of main and exit() wait for the threads
 * that are not daemons, as Python does; the exit status is kept. _exit and fatal signals do not wait.
 *
 * Safepoints. Code compiled with the flags of pkg-config --variable=safepoint_cflags and linked with
 * those of safepoint_libs has a checkpoint on every edge of its control flow, so that a loop without
 * a call can be stopped too. Use it for code that tolerates an exception between any two statements.
 *
 * fork. In the child only the calling thread lives, with its id, its name and what it has pending.
 */

/* Everything below is only for the macros above. Programs do not use its names. */
#ifdef __cplusplus
#define K3THREAD_NOTHROW_         noexcept
#define K3THREAD_NOTHROW_DEFINED_ noexcept
#else
#define K3THREAD_NOTHROW_ __attribute__((nothrow))
#define K3THREAD_NOTHROW_DEFINED_
#endif

/*
 * In C++ a block is inside a try of the language. Its catch never catches anything, because no exception has that
 * type. But without it compilers leave out the clean-ups of a noexcept function, as destructors are, and with them
 * the clean-up of the block, which catches.
 */
#if defined __cplusplus && defined __EXCEPTIONS
struct k3thread_never_ {
    char nothing;
};
#define K3THREAD_CXX_TRY_ try
#define K3THREAD_CXX_CATCH_                                                                        \
    catch (const k3thread_never_ &)                                                                \
    {                                                                                              \
    }
#else
#define K3THREAD_CXX_TRY_
#define K3THREAD_CXX_CATCH_
#endif

/*
 * Qualifies the variable that leaves a block. g++ would otherwise keep the variable in a register, and its
 * AddressSanitizer would take the variable to be out of scope in a handler.
 */
#ifdef __SANITIZE_ADDRESS__
#define K3THREAD_GUARD_ volatile
#else
#define K3THREAD_GUARD_
#endif

struct k3thread_exception_;

/*
 * One block. Blocks are on the stack of their thread, each linked to the block around it. The library's frame.h has
 * their states. The macros set only these two, after the setjmp, when the block can catch.
 */
#define K3THREAD_BODY_    1
#define K3THREAD_LIMITED_ 2 /* the same, with a time limit */

struct k3thread_block_ {
    struct k3thread_block_     *outer;
    struct k3thread_exception_ *unwinding; /* the unwinding in which it was entered */
    volatile unsigned char state;   /* volatile: read at edges, which the compiler does not see */
    unsigned char          mask;    /* to be restored */
    bool                   limited; /* it is the body of a struct k3thread_timeout_ */
};

struct k3thread_try_ {
    struct k3thread_block_      block;
    struct k3thread_exception_ *caught; /* owned */
    jmp_buf                     environment;
};

/* A time limit. The limits of a thread are a list, innermost first. */
struct k3thread_limit_ {
    struct k3thread_limit_ *outer;
    int64_t                 deadline; /* nanoseconds of the monotonic clock */
    double                  seconds;
    bool                    over; /* its exception has been thrown or taken */
};

struct k3thread_timeout_ {
    struct k3thread_try_   body; /* first: the library casts its address to that of the whole */
    struct k3thread_limit_ limit;
};

struct k3thread_cleanup_ {
    struct k3thread_block_ block;
    void (*function)(void *arg);
    void *arg;
};

struct k3thread_shield_ {
    struct k3thread_exception_ *unwinding; /* the unwinding in which it was entered */
    unsigned char               mask;      /* to be restored */
};

/* The data of the calling thread that inlined code uses, and threads that raise exceptions in it. */
struct k3thread_local_ {
    struct k3thread_block_ *volatile top;  /* the innermost block; volatile as its state is */
    unsigned                    word;      /* bit 0: the next checkpoint has to throw */
    unsigned char               mask;      /* enum k3thread_mask */
    struct k3thread_exception_ *unwinding; /* the innermost unwinding that is under way */
};

/*
 * Selects the storage of thread-local variables. glibc keeps room for initial-exec variables of libraries that are
 * loaded later, and its other variables are not safe in signal handlers. musl keeps no such room, but makes all
 * variables when the library is loaded and when a thread begins.
 */
#ifdef __GLIBC__
#define K3THREAD_TLS_ __attribute__((tls_model("initial-exec")))
#else
#define K3THREAD_TLS_
#endif

extern __thread struct k3thread_local_ k3thread_local_ K3THREAD_TLS_;

struct k3thread_try_ *k3thread_try_enter_(struct k3thread_try_ *block) K3THREAD_NOTHROW_;
void k3thread_try_leave_fast_(struct k3thread_try_ *const K3THREAD_GUARD_ *block) K3THREAD_NOTHROW_;
void k3thread_try_leave_slow_(struct k3thread_try_ *block) K3THREAD_NOTHROW_;
/* Without leaf, gcc assumes that a throw may jump back to the setjmp of an earlier pass of a loop. */
__attribute__((leaf)) struct k3thread_try_ *k3thread_timeout_enter_(struct k3thread_timeout_ *block,
                                                                    double seconds);
bool                       k3thread_catch_(const k3thread_exctype *type) K3THREAD_NOTHROW_;
const struct k3thread_exc *k3thread_caught_(void) K3THREAD_NOTHROW_;
void                       k3thread_part_end_fast_(void);
void                       k3thread_part_end_slow_(void);
void                       k3thread_finally_(void) K3THREAD_NOTHROW_;
void                       k3thread_end_fast_(void);
void                       k3thread_end_slow_(void);
K3THREAD_NORETURN_ void    k3thread_reraise_(void);

struct k3thread_cleanup_ *k3thread_cleanup_enter_(struct k3thread_cleanup_ *block,
                                                  void (*function)(void *arg),
                                                  void *arg) K3THREAD_NOTHROW_;
void                      k3thread_cleanup_leave_(struct k3thread_cleanup_ *const *block);
void                      k3thread_cleanup_end_(int execute);

struct k3thread_shield_ *k3thread_shield_enter_(struct k3thread_shield_ *shield) K3THREAD_NOTHROW_;
void k3thread_shield_leave_(struct k3thread_shield_ *const *shield) K3THREAD_NOTHROW_;

/*
 * For k3thread-host. The first does what k3thread_attach does, for MAIN. The second returns the exit status of a
 * process that ends with T, which is gone.
 */
int k3thread_attach_as_(k3thread *main);
int k3thread_exit_status_(const k3thread *t);

void k3thread_checkpoint_slow_(void);
void k3thread_safepoint_slow_(void *cfa);

/*
 * The fast halves of functions are inlined, their slow halves are called. The library has the fast halves too, for
 * code that is compiled without inlining.
 */
#ifndef K3THREAD_INLINE_
#define K3THREAD_INLINE_ extern inline __attribute__((gnu_inline))
#endif

K3THREAD_INLINE_ void k3thread_checkpoint(void)
{
    if (__builtin_expect((long) (__atomic_load_n(&k3thread_local_.word, __ATOMIC_RELAXED) & 1U),
                         0L))
        k3thread_checkpoint_slow_();
}

/* Ends a body, a handler or FINALLY. The end of a body is a checkpoint. */
K3THREAD_INLINE_ void k3thread_part_end_fast_(void)
{
    if (__builtin_expect((long) (__atomic_load_n(&k3thread_local_.word, __ATOMIC_RELAXED) & 1U),
                         0L))
        k3thread_part_end_slow_();
}

/*
 * Enters a block. The result initialises the variable that leaves the block, so an exception, which may come at any
 * edge, never finds a variable whose block was not entered.
 */
K3THREAD_INLINE_ struct k3thread_try_ *k3thread_try_enter_(struct k3thread_try_ *block)
    K3THREAD_NOTHROW_DEFINED_
{
    block->caught = NULL;
    block->block.outer = k3thread_local_.top;
    block->block.unwinding = k3thread_local_.unwinding;
    block->block.mask = k3thread_local_.mask;
    block->block.limited = 0;
    block->block.state = 0;
    k3thread_local_.top = &block->block;
    return block;
}

K3THREAD_INLINE_ void k3thread_try_leave_fast_(struct k3thread_try_ *const K3THREAD_GUARD_ *block)
    K3THREAD_NOTHROW_DEFINED_
{
    if (__builtin_expect(
            k3thread_local_.unwinding == NULL && (*block)->block.state == K3THREAD_BODY_, 1))
        k3thread_local_.top = (*block)->block.outer;
    else
        k3thread_try_leave_slow_(*block);
}

K3THREAD_INLINE_ void k3thread_end_fast_(void)
{
    if (__builtin_expect(k3thread_local_.top->state != K3THREAD_BODY_, 0))
        k3thread_end_slow_();
}

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
