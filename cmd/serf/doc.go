// Serf is the command line: it runs an agent, and it talks to a running one.
//
// Start with run, which main calls and which tests call in its place.
//
// # Model
//
// A program is one call of the tool: its streams and what tests replace. It sorts out the arguments before the subcommand
// itself, because scripts rely on how that is done, and leaves the rest to the command line library. Each subcommand is
// one file with its synopsis, flags and action. An action returns an exit with a text that belongs on standard output, where
// scripts look for the errors of this tool; only complaints about flags and asked-for help go to standard error.
//
// Commands that wait for what may never come (query, reachability, monitor) end at the first interrupt.
//
// serf agent is a process: configure, start, join, tell, wait, stop, one file for each of the larger steps. Its first lines
// are for people and for scripts; the log is held back until they are out.
package main
