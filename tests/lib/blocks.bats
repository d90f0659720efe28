#!/usr/bin/env bats
# Blocks: TRY and its parts, cleanups, masks; in C with and without landing pads, and in C++.

load helpers

@test "try: nested, the types in both orders" { t try types; }
@test "try: FINALLY runs" { t try finally; }
@test "try: an exception in a handler" { t try throw-in-handler; }
@test "try: an exception in FINALLY" { t try throw-in-finally; }
@test "try: rethrow, also from a called function" { t try rethrow; }
@test "try: nothing to rethrow" { t try reraise-nothing; }
@test "try: a TRY in a handler leaves its exception alone" { t try nested-in-handler; }
@test "try: left by return, break, continue and goto a million times" { t try leave-body; }
@test "try: a handler left in each way" { t try leave-handler; }
@test "try: FINALLY left in each way" { t try leave-finally; }
@test "try: a loop around a block survives raises in its body, its handler and FINALLY" { t try loop; }
@test "try: a body that is left before its end throws nothing there" { t try left-pending; }
@test "try: what the end of a body throws runs FINALLY and goes on" { t try thrown-at-the-end; }
@test "try: thrown from far down" { t try deep; }
@test "throw: what is no exception is a TypeError" { t try not-an-exception; }
@test "throw: messages are cut between characters" { t try messages; }

@test "cleanup: innermost first" { t cleanup order; }
@test "cleanup: mixed with the attribute in the function of the TRY" { t cleanup mixed; }
@test "cleanup: pop runs it or not" { t cleanup pop; }
@test "cleanup: once on return, break, continue and goto" { t cleanup left; }
@test "cleanup: on pthread_exit" { t cleanup pthread-exit; }
@test "cleanup: a pthread_exit in one takes the place of the exception" { t cleanup pthread-exit-in-cleanup; }
@test "cleanup: a pthread_exit in an attribute, with gcc" { t cleanup pthread-exit-in-attribute; }
@test "cleanup: a raise during one is thrown after" { t cleanup raise; }
@test "cleanup: one that throws" { t cleanup throw; }
@test "cleanup: an attribute that throws, with gcc" { t cleanup throw-in-attribute; }
@test "cleanup: a whole exception inside one" { t cleanup catch; }
@test "cleanup: before the excepthook" { t cleanup uncaught; }

@test "without -fexceptions: cleanups innermost first" { t cleanup_plain order; }
@test "without -fexceptions: cleanups, but no attributes" { t cleanup_plain mixed; }
@test "without -fexceptions: pop runs it or not" { t cleanup_plain pop; }
@test "without -fexceptions: once on return, break, continue and goto" { t cleanup_plain left; }
@test "without -fexceptions: not on pthread_exit" { t cleanup_plain pthread-exit; }
@test "without -fexceptions: a pthread_exit in a cleanup" { t cleanup_plain pthread-exit-in-cleanup; }
@test "without -fexceptions: an attribute does not run, and does not exit" { t cleanup_plain pthread-exit-in-attribute; }
@test "without -fexceptions: a raise during one is thrown after" { t cleanup_plain raise; }
@test "without -fexceptions: one that throws" { t cleanup_plain throw; }
@test "without -fexceptions: an attribute does not run, and throws nothing" { t cleanup_plain throw-in-attribute; }
@test "without -fexceptions: a whole exception inside one" { t cleanup_plain catch; }
@test "without -fexceptions: before the excepthook" { t cleanup_plain uncaught; }

@test "mask: setting returns the old one" { t mask set; }
@test "mask: IMMEDIATE throws at checkpoints and waits" { t mask immediate; }
@test "mask: ON_BLOCKING throws in waits" { t mask on-blocking; }
@test "mask: NEVER throws nowhere" { t mask never; }
@test "mask: opening delivers at once" { t mask opening; }
@test "mask: in every nesting of body, handler, finally, cleanup" { t mask nesting; }
@test "mask: restored however a block is left" { t mask restored; }
@test "mask: a second raise in a handler and in FINALLY" { t mask handler; }
@test "mask: END is no checkpoint" { t mask end; }
@test "mask: the end of a body is a checkpoint, with IMMEDIATE" { t mask end-of-body; }
@test "mask: get and restore throw nothing" { t mask get; }
@test "mask: a shield, and every way out of it" { t mask shield; }
@test "mask: not inherited by threads" { t mask not-inherited; }
@test "mask: RETURN ends every wait with ECANCELED" { t mask return; }
@test "mask: RETURN wakes a wait" { t mask return-wakes; }

@test "C++: destructors" { t cxx destructors; }
@test "C++: what destructors free" { t cxx allocating; }
@test "C++: left in each way" { t cxx left; }
@test "C++: native exceptions pass, and are caught inside" { t cxx native; }
@test "C++: catch (...) that throws on" { t cxx passes-handlers; }
@test "C++: catch (...) that does not" { t cxx swallowed; }
@test "C++: catch (...) of what has run a FINALLY" { t cxx swallowed-behind-finally; }
@test "C++: one thrown in a catch (...) takes the place of the other" { t cxx throw-in-catch-all; }
@test "C++: a TRY in functions and destructors that are noexcept" { t cxx noexcept; }
@test "C++: a wait in catch (...) throws, and those of destructors do not" { t cxx wait-in-catch-all; }
@test "C++: catch (...) that asks for the type" { t cxx type-in-catch-all; }
@test "C++: catch (...) of what was thrown in a shield" { t cxx shield-in-catch-all; }
@test "C++: a pthread_exit in a cleanup" { t cxx pthread-exit-in-cleanup; }
@test "C++: a cleanup that throws" { t cxx cleanup-throws; }
@test "C++: raised in" { t cxx raised; }
@test "C++: a type of one's own" { t cxx own-type; }

@test "random nestings of everything, under raises and time limits" { says_how_many t storm storm; }
@test "random nestings in C++, with destructors and catch (...)" { says_how_many t storm_cxx storm; }

# compile COMPILER LANGUAGE-AND-STANDARD…: user.h, with each optimisation, without a warning.
compile() {
  command -v "$1" >/dev/null || return 0
  for level in -O0 -O2; do
    "$@" "$level" -I"$ROOT/lib/include" -pthread -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror \
      -c -o "$BATS_TEST_TMPDIR/user.o" "$BATS_TEST_DIRNAME/user.h"
  done
}

@test "no warning in what users write: C" {
  [ -z "$RUNNER" ] || skip 'nothing to run'
  compile gcc -x c -std=c11 -Wclobbered
  compile gcc -x c -std=gnu17 -fexceptions -Wclobbered
  compile clang -x c -std=c11
}

@test "no warning in what users write: C++" {
  [ -z "$RUNNER" ] || skip 'nothing to run'
  compile g++ -x c++ -std=c++11 -Wclobbered
  compile g++ -x c++ -std=c++20 -Wclobbered
  compile clang++ -x c++ -std=c++17
}
