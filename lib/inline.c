/* What the header inlines, for callers that do not. */
#define K3THREAD_INLINE_
#include "k3thread.h"
