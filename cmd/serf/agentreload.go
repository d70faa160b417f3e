package main

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"serf/agent/config"
	"serf/agent/journal"
)

// reload reads the configuration again and takes over what a running agent can: log level, event handlers, tags and what signals
// do. When the files cannot be used, all stays as it is.
func (a *agentProcess) reload(ctx context.Context) {
	a.out.output("Reloading configuration...")
	loaded, _, err := a.load()
	if err != nil {
		a.reloadFailed(err)
		return
	}
	for _, n := range loaded.Adjust() {
		a.out.output(n)
	}
	if _, err := journal.ParseLevel(loaded.LogLevel); err != nil { // alone it does not hinder the rest
		a.out.problems(err)
		loaded.LogLevel = a.config.LogLevel
	}
	resolved, err := loaded.Resolve()
	if err != nil {
		a.reloadFailed(err)
		return
	}
	a.log.SetLevel(resolved.LogLevel)
	a.takeOver(ctx, loaded)
}

func (a *agentProcess) reloadFailed(err error) {
	a.out.problems(err)
	a.out.output("Failed to reload configs")
}

// takeOver makes what can change at run time that of loaded, and names what cannot. Tags that the configuration did not change
// stay as they are now: somebody may have set them at run time.
func (a *agentProcess) takeOver(ctx context.Context, loaded config.Config) {
	if names := config.NeedRestart(a.config, loaded); len(names) > 0 {
		a.out.output(fmt.Sprintf("Warning: changed, but needs a restart: %s", strings.Join(names, ", ")))
	}
	a.config.LogLevel = loaded.LogLevel
	a.config.LeaveOnTerminate = loaded.LeaveOnTerminate
	a.config.SkipLeaveOnInterrupt = loaded.SkipLeaveOnInterrupt
	a.config.LeaveTimeout = loaded.LeaveTimeout
	a.reloadHandlers(loaded)
	if maps.Equal(a.config.Tags, loaded.Tags) {
		return
	}
	err := loaded.CheckTags()
	if a.config.TagsFile != "" {
		err = config.ErrTagsTwice
	}
	if err != nil {
		a.out.output(fmt.Sprintf("Failed to update tags: %v", err))
		return
	}
	a.config.Tags, a.config.Role = loaded.Tags, loaded.Role
	a.wg.Go(func() { // it may take as long as the broadcast timeout, and signals are to be heard meanwhile
		if err := a.agent.SetTags(ctx, loaded.Tags); err != nil && ctx.Err() == nil {
			a.out.output(fmt.Sprintf("Failed to update tags: %v", err))
		}
	})
}
