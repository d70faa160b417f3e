package main

import (
	"context"
	"time"

	"serf/agent/telemetry"
)

// startTelemetry begins to measure.
func (a *agentProcess) startTelemetry() {
	a.telemetry = telemetry.Start(telemetry.Config{
		Read:         a.readFigures,
		StatsdAddr:   a.config.StatsdAddr,
		StatsiteAddr: a.config.StatsiteAddr,
		Log:          a.log,
	})
	a.handlers.Measure(func(script string, took time.Duration) {
		a.telemetry.Sample("agent.invoke."+script, took.Seconds()*1000)
	})
}

// readFigures notes all that this process counts.
func (a *agentProcess) readFigures(ctx context.Context, r *telemetry.Reading) {
	r.Runtime()
	r.Agent(ctx, a.agent)
	accepted, commands := a.server.Counts()
	r.Total("agent.ipc.accept", accepted)
	r.Total("agent.ipc.command", commands)
	for name, n := range a.handlers.Stats() {
		r.Total("agent.trouble."+name, n)
	}
	if a.found != nil {
		s := a.found.Stats()
		r.Total("agent.mdns.polls", s.Polls)
		r.Total("agent.mdns.polls_failed", s.PollsFailed)
		r.Total("agent.mdns.tried", s.Found)
		r.Total("agent.mdns.joined", s.Joined)
		r.Total("agent.mdns.answered", s.Answered)
		r.Total("agent.mdns.ignored", s.Ignored())
	}
}

// dump prints the figures of the last minute. A reader that stands still holds up only this dump.
func (a *agentProcess) dump() {
	if !a.dumping.CompareAndSwap(false, true) {
		return
	}
	go func() {
		defer a.dumping.Store(false)
		_ = a.telemetry.Dump(a.program.stderr) // nobody may be there to read it
	}()
}
