// Package handler runs scripts when something happens: the event handlers of an agent.
//
// Start with ParseAll and Start; Set changes the handlers while they run, Close ends them.
//
// # Model
//
// A Handler is one specification, "[FILTER,...=]SCRIPT". Every handler has a lane: a bounded queue of events and the runs
// of its script.
//
//	agent ─► subscription ─► pump ─┬─► lane: queue ─► run, run, …    one script
//	                               └─► lane: queue ─► run, run, …    another one
//
// Within a lane events run in order, one at a time unless Options.Concurrency allows more. Lanes know nothing of each other:
// a slow script delays its own events and nothing else. A lane without work has no goroutine.
//
// An event that matches several filters of one handler runs its script as often, one after the other. The filters of one
// handler share a lane, so that a script for joins and leaves sees them in the order in which they happened.
//
// # A run
//
// The script goes to the shell of the system with the event in its environment and on its standard input; see environ.go and
// stdin.go for the exact form. It is the leader of a process group. What it writes is read until it ends; a process that it
// leaves in the background may keep the pipe, which is then emptied without anybody waiting for it. When this is process 1, it
// reaps what its scripts leave as orphans.
//
// # Order
//
// What a script prints answers a query. When several handlers are run for one event, they run side by side, but what comes of it
// is in the order of the configuration, as if they ran one after the other: the lines in the log, and the first that prints
// something answers the query. Nobody waits for a handler that was busy when the event came, and for any other not long; see
// order.go.
//
// # Concurrency
//
// All methods of Handlers may be called by any goroutine. Handle and Set never wait for a script.
//
// # Limits
//
// A queue holds queueMax events; beyond that the oldest is dropped, counted and said in the log once in ten seconds. Of the
// output of a run the last outputBytesMax bytes are logged, and the last answerBytesMax are kept for the answer to a query. At
// most lingerMax pipes are kept open for processes in the background.
//
// # Deviations
//
// The reference runs all handlers one after another and hands nobody an event meanwhile. docs/protocol.md lists what else differs.
package handler
