// Compiles storm.c as C++, where destructors and catch (...) join in.
#include "storm.c"
