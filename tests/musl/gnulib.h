/*
 * Stands for the config.h and the prologue of argp.h that gnulib's own tools would make for musl: tests/musl/libraries
 * compiles argp with it, and puts it in front of argp.h.
 */
#ifndef K3THREAD_TESTS_MUSL_GNULIB_H
#define K3THREAD_TESTS_MUSL_GNULIB_H

#include <stdalign.h>
#include <stdbool.h>
#include <stdio.h>

#define HAVE_DECL_PROGRAM_INVOCATION_NAME       1
#define HAVE_DECL_PROGRAM_INVOCATION_SHORT_NAME 1
#define HAVE_DECL_STRERROR_R                    1
#define HAVE_FLOCKFILE                          1
#define HAVE_FUNLOCKFILE                        1

#define __getopt_argv_const const
#define _GL_UNUSED          __attribute__((__unused__))
#define _GL_ATTRIBUTE_DEALLOC(function, index)
#define _GL_ATTRIBUTE_FORMAT(spec)         __attribute__((__format__ spec))
#define _GL_ATTRIBUTE_PURE                 __attribute__((__pure__))
#define _GL_ATTRIBUTE_SPEC_PRINTF_SYSTEM   __printf__
#define _GL_ATTRIBUTE_SPEC_PRINTF_STANDARD __printf__
#define _GL_INLINE                         extern inline __attribute__((__gnu_inline__))
#define _GL_EXTERN_INLINE                  extern
#define _GL_INLINE_HEADER_BEGIN
#define _GL_INLINE_HEADER_END

/* argp's messages go to a stream that the program can replace: see cli/base/libc.h. */
extern FILE *argp_stderr;
#ifdef HAVE_CONFIG_H
#undef stderr
#define stderr argp_stderr
#endif

#endif
