/* The end of an agent's supervisor that was not told to end by its run: see cli/remote/agent.h. */
#ifndef K3THREAD_CLI_SERVER_AGENT_END_H
#define K3THREAD_CLI_SERVER_AGENT_END_H

/*
 * Ends this supervisor and all its threads at once. To the run, the machine is lost: nothing is reported any more, as
 * no command has come to an end of its own. Returns only if the guardian has died. Not while a request is being served.
 */
void agent_end(void);

#endif
