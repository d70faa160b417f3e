package main

import (
	"fmt"
	"time"

	"serf/agent/journal"
)

// flushTimeout is how long the end of an agent waits for somebody to read its last lines.
const flushTimeout = 2 * time.Second

// dialSyslog connects to the syslog daemon if lines are to go there.
func (a *agentProcess) dialSyslog() error {
	if !a.config.EnableSyslog {
		return nil
	}
	paths := a.program.syslogPaths
	if paths == nil {
		paths = journal.SyslogPaths
	}
	s, err := journal.DialSyslog(a.resolved.Facility, "serf", paths)
	if err != nil {
		return fmt.Errorf("Syslog setup failed: %w", err)
	}
	a.syslog = s
	return nil
}

// openLog makes the log, which keeps its lines until the banner is there.
func (a *agentProcess) openLog() {
	a.log = journal.New(journal.Options{Held: true})
	if a.config.LogFormat == "json" {
		a.log.AddLines(journal.JSONWriter{W: a.out.bare()}, a.resolved.LogLevel)
	} else {
		a.log.AddSink(a.out, a.resolved.LogLevel)
	}
	if a.syslog != nil {
		a.log.AddLines(a.syslog, a.resolved.LogLevel)
	}
}

// showHeldLog prints what the log knows about a start that failed.
func (a *agentProcess) showHeldLog() {
	a.log.Release()
	a.log.Flush(flushTimeout)
}
