#!/usr/bin/env bats
# Blocks: TRY and its parts, cleanups and masks, in C with and without landing pads, and in C++.

load helpers

@test "try: the first handler whose type fits runs, in nested blocks too" { t try types; }
@test "try: FINALLY runs" { t try finally; }
@test "try: an exception thrown in a handler runs FINALLY and goes outwards" { t try throw-in-handler; }
@test "try: an exception thrown in FINALLY takes the place of the other" { t try throw-in-finally; }
@test "try: RERAISE throws the exception once more, also from a called function" { t try rethrow; }
@test "try: RERAISE outside of a handler throws RuntimeError" { t try reraise-nothing; }
@test "try: a TRY in a handler leaves the handler's exception alone" { t try nested-in-handler; }
@test "try: return, break, continue and goto leave a body, a million times" { t try leave-body; }
@test "try: return, break, continue and goto leave a handler" { t try leave-handler; }
@test "try: return, break, continue and goto leave FINALLY" { t try leave-finally; }
@test "try: a loop around a block survives raises in its body, its handler and FINALLY" { t try loop; }
@test "try: a body that is left before its end throws nothing there" { t try left-pending; }
@test "try: an exception thrown at the end of a body runs FINALLY and goes on" { t try thrown-at-the-end; }
@test "try: an exception crosses many frames" { t try deep; }
@test "throw: a type that is no exception becomes TypeError" { t throw not-an-exception; }
@test "throw: messages are cut between characters" { t throw messages; }
@test "throw: a message that cannot be printed is empty" { t throw no-message; }

@test "cleanup: the innermost runs first" { t cleanup order; }
@test "cleanup: works beside the attribute cleanup in the function of the TRY" { t cleanup mixed; }
@test "cleanup: pop runs it if asked to" { t cleanup pop; }
@test "cleanup: runs once on return, break, continue and goto" { t cleanup left; }
@test "cleanup: runs on pthread_exit" { t cleanup pthread-exit; }
@test "cleanup: may have cleanups and exceptions of its own" { t cleanup in-cleanup; }
@test "cleanup: no time limit is left when pthread_exit leaves its block in a cleanup" { t cleanup limit-of-cleanup; }
@test "cleanup: no time limit is left when pthread_exit leaves its block" { t cleanup limit; }
@test "cleanup: a pthread_exit in a cleanup takes the place of the exception" { t cleanup pthread-exit-in-cleanup; }
@test "cleanup: a pthread_exit in an attribute takes the place of the exception, with gcc" { t cleanup pthread-exit-in-attribute; }
@test "cleanup: a raise during a cleanup is thrown after it" { t cleanup raise; }
@test "cleanup: an exception thrown in a cleanup takes the place of the other" { t cleanup throw; }
@test "cleanup: an exception thrown in an attribute takes the place of the other, with gcc" { t cleanup throw-in-attribute; }
@test "cleanup: a cleanup can throw and catch an exception of its own" { t cleanup catch; }
@test "cleanup: runs before the excepthook" { t cleanup uncaught; }

@test "without -fexceptions: the innermost cleanup runs first" { t cleanup_plain order; }
@test "without -fexceptions: cleanups run, attributes do not" { t cleanup_plain mixed; }
@test "without -fexceptions: pop runs the cleanup if asked to" { t cleanup_plain pop; }
@test "without -fexceptions: a cleanup runs once on return, break, continue and goto" { t cleanup_plain left; }
@test "without unwinding: the blocks that are known are left, and catch" { t unwinder caught; }
@test "without unwinding: a thread ends by its exception" { t unwinder uncaught; }
@test "without -fexceptions: a cleanup does not run on pthread_exit" { t cleanup_plain pthread-exit; }
@test "without -fexceptions: a cleanup may have cleanups and exceptions of its own" { t cleanup_plain in-cleanup; }
@test "without -fexceptions: no time limit is left when pthread_exit leaves its block in a cleanup" { t cleanup_plain limit-of-cleanup; }
@test "without -fexceptions: no time limit is left when pthread_exit leaves its block" { t cleanup_plain limit; }
@test "without -fexceptions: a pthread_exit in a cleanup takes the place of the exception" { t cleanup_plain pthread-exit-in-cleanup; }
@test "without -fexceptions: an attribute does not run, and does not exit" { t cleanup_plain pthread-exit-in-attribute; }
@test "without -fexceptions: a raise during a cleanup is thrown after it" { t cleanup_plain raise; }
@test "without -fexceptions: an exception thrown in a cleanup takes the place of the other" { t cleanup_plain throw; }
@test "without -fexceptions: an attribute does not run, and throws nothing" { t cleanup_plain throw-in-attribute; }
@test "without -fexceptions: a cleanup can throw and catch an exception of its own" { t cleanup_plain catch; }
@test "without -fexceptions: cleanups run before the excepthook" { t cleanup_plain uncaught; }

@test "mask: set_mask returns the old mask" { t mask set; }
@test "mask: IMMEDIATE throws at checkpoints and waits" { t mask immediate; }
@test "mask: ON_BLOCKING throws in waits" { t mask on-blocking; }
@test "mask: NEVER throws nowhere" { t mask never; }
@test "mask: opening the mask throws at once" { t mask opening; }
@test "mask: has the right value in every nesting of body, handler, FINALLY and cleanup" { t mask nesting; }
@test "mask: is restored however a block is left" { t mask restored; }
@test "mask: a second raise in a handler and in FINALLY stays pending" { t mask handler; }
@test "mask: END is no checkpoint" { t mask end; }
@test "mask: the end of a body is a checkpoint, with IMMEDIATE" { t mask end-of-body; }
@test "mask: get and restore throw nothing" { t mask get; }
@test "mask: a shield restores the old mask on every way out" { t mask shield; }
@test "mask: a new thread does not inherit it" { t mask not-inherited; }
@test "mask: RETURN ends every wait with -ECANCELED" { t mask return; }
@test "mask: RETURN wakes a wait" { t mask return-wakes; }

@test "C++: destructors run as an exception passes" { t cxx destructors; }
@test "C++: destructors free what they own" { t cxx allocating; }
@test "C++: return, break, continue and goto leave a block" { t cxx left; }
@test "C++: a function may have several blocks" { t cxx in-a-row; }
@test "C++: exceptions of C++ pass a TRY, and are caught inside it" { t cxx native; }
@test "C++: a catch (...) that throws on lets the exception go on" { t cxx passes-handlers; }
@test "C++: a catch (...) that does not throw on has caught the exception" { t cxx swallowed; }
@test "C++: a catch (...) catches an exception that has run a FINALLY" { t cxx swallowed-behind-finally; }
@test "C++: an exception thrown in a catch (...) takes the place of the other" { t cxx throw-in-catch-all; }
@test "C++: a catch (...) is left while two exceptions are under way" { t cxx throw-twice-in-catch-all; }
@test "C++: a TRY works in functions and destructors that are noexcept" { t cxx noexcept; }
@test "C++: a wait in catch (...) throws, and waits in destructors do not" { t cxx wait-in-catch-all; }
@test "C++: a catch (...) can ask for the type" { t cxx type-in-catch-all; }
@test "C++: a catch (...) catches what was thrown in a shield" { t cxx shield-in-catch-all; }
@test "C++: in a catch (...) clean-ups have their mask, and leave it the one of handlers" { t cxx cleanup-in-catch-all; }
@test "C++: a pthread_exit in a cleanup takes the place of the exception" { t cxx pthread-exit-in-cleanup; }
@test "C++: an exception thrown in a cleanup takes the place of the other" { t cxx cleanup-throws; }
@test "C++: a raise reaches a thread that runs C++" { t cxx raised; }
@test "C++: a program defines an exception type of its own" { t cxx own-type; }

@test "random nestings of all blocks hold under raises and time limits" { says_how_many t storm storm; }
@test "random nestings of all blocks hold in C++, with destructors and catch (...)" { says_how_many t storm_cxx storm; }

# Compiles user.h with each optimisation, and fails on a warning: `compile COMPILER
# LANGUAGE-AND-STANDARD…`.
compile() {
  command -v "$1" >/dev/null || return 0
  for level in -O0 -O2; do
    "$@" "$level" -I"$ROOT/lib/include" -pthread -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror \
      -c -o "$BATS_TEST_TMPDIR/user.o" "$BATS_TEST_DIRNAME/user.h"
  done
}

@test "code as users write it gives no warning: C" {
  [ -z "$RUNNER" ] || skip 'nothing to run'
  compile gcc -x c -std=c99 -Wclobbered
  compile gcc -x c -std=c11 -Wclobbered
  compile gcc -x c -std=gnu17 -fexceptions -Wclobbered
  compile clang -x c -std=c99
  compile clang -x c -std=c11
}

@test "code as users write it gives no warning: C++" {
  [ -z "$RUNNER" ] || skip 'nothing to run'
  compile g++ -x c++ -std=c++11 -Wclobbered -Wzero-as-null-pointer-constant
  compile g++ -x c++ -std=c++20 -Wclobbered
  compile clang++ -x c++ -std=c++17
}
