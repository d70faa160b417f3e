// Command serfsim asks questions about Serf clusters of virtual hosts: how fast a crash is known, what a member sends, whether
// an invariant breaks in a thousand random trials. It runs the very code of the agent, in virtual time.
//
// Start with run: it executes one command line. Results go to standard output, progress and errors to standard error. An
// interrupt ends a run early and keeps what was found. The exit status is 0, 1 when a run fails or an invariant breaks, and 2
// when the command line is wrong.
package main
