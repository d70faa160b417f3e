// Package journal is the agent's log: leveled lines that go to any number of sinks, a ring of the last lines for those
// who come later, and a limit on lines that a peer can provoke.
//
// Start with New and Printf; what comes out is decided by AddSink. Subscribe hands the ring and then every new line to a
// reader, whatever the level of the sinks.
//
// # Model
//
// A line is
//
//	2006/01/02 15:04:05 [LEVEL] component: text
//
// in local time; JSONWriter has another form, and Syslog takes lines to the daemon of the machine. Every line of every level
// goes to the ring; each sink takes the lines at or above its own level. While a journal is held, lines only go to the
// ring, and Release hands them to the sinks: an agent prints its banner first.
//
// # Concurrency
//
// All methods may be called by any goroutine. None of them waits for a sink: each sink has a bounded queue, which one
// goroutine empties and which ends when there is nothing left to write. A sink that does not keep up loses lines; how many
// is said in the next line that it gets. A Reader is told the number beside the line; no line is written about it, which
// would be one more for the reader that stands still.
//
// A nil *Journal discards everything.
//
// # Limits
//
// The ring holds TailLinesMax lines, a sink's queue queueLinesMax, a Reader the ring's lines and its capacity, the memory of
// Limited limitKeysMax keys.
package journal
