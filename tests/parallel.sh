#!/bin/sh
# The shell in which GNU parallel starts each file of tests. Parallel ignores SIGALRM, which the tests would inherit.
exec env --default-signal /bin/sh "$@"
