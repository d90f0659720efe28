/*
 * The hook that -fsanitize-coverage=trace-pc calls on every edge. The hook is in an archive of its own, so that
 * only a program that asks for it has it. This file itself is compiled without that flag.
 */
#include "k3thread.h"

void __sanitizer_cov_trace_pc(void);

void __sanitizer_cov_trace_pc(void)
{
    if (__builtin_expect((long) (__atomic_load_n(&k3thread_local_.word, __ATOMIC_RELAXED) & 1U),
                         0L))
        k3thread_safepoint_slow_(__builtin_dwarf_cfa());
}
