/*
 * The script by which `sh` on another machine becomes the agent of a run. It comes on standard input, so that
 * no word has to be quoted for any shell on the way.
 *
 * The script answers on standard output by lines that begin with BOOTSTRAP_MARK; other lines are noise, such as
 * the greeting of a login. Before the front has got such an answer it sends nothing behind the script, because a
 * shell may read further than its script goes.
 */
#ifndef K3THREAD_CLI_REMOTE_BOOTSTRAP_H
#define K3THREAD_CLI_REMOTE_BOOTSTRAP_H

#include "cli/base/text.h"
#include "cli/remote/program_image.h"

#define BOOTSTRAP_MARK "k3thread-agent "

/* The answers, behind the mark. */
#define BOOTSTRAP_NEED "need " /* and the processor: the program is to be sent */
#define BOOTSTRAP_FAIL "fail " /* and why there can be no agent */
#define BOOTSTRAP_UP   "up " /* the version of the link and the number of processors: frames follow */

/*
 * Appends the script that looks for the program which WORD names (program_image_word()), also at PATH, where it
 * is on this machine. If it is not there, the script asks for IMAGE, and puts it into a new directory, whose name
 * ends in UNIQUE.
 */
void bootstrap_write(struct text *script, const struct program_image *image, const char *word,
                     const char *path, const char *unique);

#endif
