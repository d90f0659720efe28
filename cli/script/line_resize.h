/*
 * Draws the prompt again when its terminal has a new size. The editor itself only notes the size, and would draw
 * the next keys at the places of the old size.
 */
#ifndef K3THREAD_CLI_SCRIPT_LINE_RESIZE_H
#define K3THREAD_CLI_SCRIPT_LINE_RESIZE_H

#include <histedit.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Makes EDITOR draw its line again at a new size, from now on. SHOWN, an EL_PROMPT function, returns the
 * prompt. Returns false if the editor cannot do that. For only one editor in a process.
 */
bool line_resize_open(EditLine *editor, char *(*shown)(EditLine *editor));

#endif
