// storm.c in C++, where destructors and catch (...) join in.
#include "storm.c"
