/* The functions that the header inlines, for callers that do not inline. */
#define K3THREAD_INLINE_
#include "k3thread.h"
