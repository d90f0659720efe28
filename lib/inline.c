/* The functions that the header inlines, for callers that are compiled without inlining. */
#define K3THREAD_INLINE_
#include "k3thread.h"
