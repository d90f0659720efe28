/* Reports a word that is no command of k3thread. cli/worker/starting.c reports a program that is not found. */
#ifndef K3THREAD_CLI_COMMANDS_UNKNOWN_COMMAND_H
#define K3THREAD_CLI_COMMANDS_UNKNOWN_COMMAND_H

/* The advice for a user who runs a Procfile as a script. */
#define PROCFILE_ADVICE "a Procfile is run by 'run --procfile FILE'"

/* Reports that k3thread has no command NAME, and the command that may be meant. Returns the exit status. */
int unknown_command_report(const char *name);

#endif
