/*
 * Models the wake-up of a thread, for Spin: see wait.c, wake.c and queue.c, and tests/lib/model.
 *
 * RAISES exceptions are raised in a thread, which waits for ever, again and again, until it has caught
 * them all, and then ends. If a wake-up is lost, the thread sleeps on: Spin calls that an invalid end
 * state. Two faults that the library once had: with LOOK_AND_STORE the thread leaves a wait in two
 * steps, and with DEFER_ONCE the handler defers the signal only once in a wait.
 */
#ifndef RAISES
#define RAISES 3
#endif

/* Where the thread's counter is, as the handler sees it. */
mtype = { ELSEWHERE, IN_WINDOW, ASLEEP, AT_END };
/* enum k3t_waiting */
mtype = { NOT_WAITING, WAITING, DEFERRED };

mtype at = ELSEWHERE, waiting = NOT_WAITING;
byte  queued;              /* exceptions; the thread's word is set while there are any */
bool  signalled;           /* the wake signal is pending: one bit */
bool  blocked;             /* by the thread's signal mask, where the counter is now */
bool  interrupted;         /* the handler has moved the counter */
bool  in_other;            /* another signal's handler runs */
bool  ended, locked, gone; /* "locked" is the wake lock; "ended" says that the tid is 0 */

/* Raises: publishes the exception under the thread's lock, and then sends the signal under the wake lock. */
active proctype sender()
{
    byte raises;

    do
    :: raises < RAISES ->
        atomic { assert(!ended); queued++; raises++ }
        atomic { !locked -> locked = true }
        if
        :: !ended -> assert(!gone); signalled = true
        :: else
        fi;
        locked = false
    :: else -> break
    od
}

/* Handles the wake signal, in one step for the thread, which does not run meanwhile. */
active proctype handler()
{
end:
    do
    :: atomic {
        signalled && !blocked && !gone ->
        signalled = false;
        if
        :: queued == 0 || waiting == NOT_WAITING || (at == AT_END && !in_other)
        :: else ->
            if
            :: !in_other && (at == IN_WINDOW || at == ASLEEP) -> interrupted = true
#ifdef DEFER_ONCE
            :: waiting == DEFERRED
#endif
            :: else -> blocked = true; waiting = DEFERRED; signalled = true
            fi
        fi
    }
    od
}

/* Another signal, which may come twice. The end of its handler restores the mask of signals. */
active proctype other_signal()
{
    byte times;

end:
    do
    :: times < 2 && !in_other && !gone -> atomic { in_other = true; times++ }
    :: in_other -> atomic { in_other = false; blocked = false }
    od
}

inline leave()
{
#ifdef LOOK_AND_STORE
    atomic { !in_other -> was = waiting }
    if
    :: was == DEFERRED -> blocked = false
    :: else
    fi;
    atomic { !in_other -> waiting = NOT_WAITING }
#else
    atomic { !in_other -> was = waiting; waiting = NOT_WAITING }
    if
    :: was == DEFERRED -> blocked = false
    :: else
    fi
#endif
}

active proctype thread()
{
    byte  caught;
    mtype was;

    do
    :: caught < RAISES ->
        if /* a jump out of the wait before may have left "waiting" set */
        :: waiting != NOT_WAITING -> leave()
        :: else
        fi;
        atomic { !in_other -> waiting = WAITING; interrupted = false }
        atomic { !in_other -> at = IN_WINDOW }
        if
        :: atomic { !in_other && (queued > 0 || interrupted) -> skip }
        :: atomic { !in_other && queued == 0 && !interrupted -> at = ASLEEP }
            if
            :: atomic { !in_other && interrupted -> skip }
            :: atomic { in_other -> at = AT_END } /* the other signal's handler ends the call, by EINTR */
            fi
        fi;
        atomic { !in_other -> at = AT_END }
        if
        :: leave(); at = ELSEWHERE
        :: at = ELSEWHERE /* siglongjmp */
        fi;
        atomic { if :: queued > 0 -> queued--; caught++ :: else fi }
    :: else -> break
    od;
    atomic { assert(queued == 0); ended = true }
    atomic { !locked -> skip }
    gone = true
}
