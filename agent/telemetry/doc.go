// Package telemetry keeps the last minute of an agent's figures in memory and sends them to statsd and statsite.
//
// Start with Start; Dump prints what is in memory, Close ends it.
//
// # Model
//
// Figures are counted elsewhere, by those who know them, for as long as the agent runs. At the end of each interval of 10 s the one
// goroutine here reads them once and notes what has changed:
//
//	gauge     a value as it is now
//	counter   how much a total has grown; nothing when it has not
//	sample    values that were measured: count, sum, least, greatest
//
// Dump reads them once more, so that it also shows the interval that is not over. Nothing else wakes up: an idle agent pays for one
// reading in 10 s.
//
// # Sinks
//
// Each sink has a bounded queue and a goroutine of its own, which dials, writes with a deadline, and after an error waits for 1 s, then
// twice as long each time up to a minute. A sink that hangs delays nobody; what its queue cannot hold is dropped, oldest first,
// and counted in agent.telemetry.dropped.
//
// # Names
//
// A name is "serf-agent." and its parts with dots between. With a sink, names of gauges have the host name behind the prefix. What
// would end a name or a line in a sink's input becomes "_". An agent has at most namesMax names; names that others choose
// are bounded where they are counted.
//
// # Concurrency
//
// All methods may be called by any goroutine.
package telemetry
