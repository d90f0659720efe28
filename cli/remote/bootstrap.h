/*
 * The script by which `sh` on another machine becomes the agent of a run. The shell reads it from standard input, so
 * that no word has to be quoted for any shell on the way.
 *
 * The script answers on standard output by lines that begin with BOOTSTRAP_MARK. Other lines are noise, such as
 * the greeting of a login. Before such an answer the carrier sends nothing behind the script, because a shell may
 * read further than the end of its script.
 */
#ifndef K3THREAD_CLI_REMOTE_BOOTSTRAP_H
#define K3THREAD_CLI_REMOTE_BOOTSTRAP_H

#include "cli/base/text.h"
#include "cli/remote/program_image.h"

#define BOOTSTRAP_MARK "k3thread-agent "

/* The answers that may follow the mark. */
#define BOOTSTRAP_NEED "need " /* the processor follows; the carrier is to send the program */
#define BOOTSTRAP_FAIL "fail " /* the reason why there can be no agent follows */
#define BOOTSTRAP_UP                                                                               \
    "up " /* the version of the link and the number of processors follow, and then frames */

/*
 * Appends the script. The script looks for a program that suits WORD (program_image_suits()): as k3thread in the
 * shell's PATH, and at OWN_PATH, the program's path on this machine, which may be the same there. If it finds no such
 * program, the script asks for IMAGE, and puts IMAGE into a new directory, whose name ends with UNIQUE.
 */
void bootstrap_write(struct text *script, const struct program_image *image, const char *word,
                     const char *own_path, const char *unique);

#endif
