package config

import (
	"errors"
	"fmt"
	"strings"
)

// checkHandlers checks the filters of the event handlers: "[FILTER,...=]SCRIPT".
func (c Config) checkHandlers() error {
	var errs []error
	for _, h := range c.EventHandlers {
		filters, script, found := strings.Cut(h, "=")
		if !found || filters == "" {
			continue
		}
		for f := range strings.SplitSeq(filters, ",") {
			if !validFilter(f) {
				//lint:ignore ST1005 scripts match on this text
				errs = append(errs, fmt.Errorf("Invalid event script: Event '%s' invoking '%s'", f, script))
			}
		}
	}
	return errors.Join(errs...)
}

// validFilter accepts the kinds of events, user and query also with a name.
func validFilter(f string) bool {
	switch f {
	case "member-join", "member-leave", "member-failed", "member-update", "member-reap", "user", "query", "*":
		return true
	}
	return strings.HasPrefix(f, "user:") || strings.HasPrefix(f, "query:")
}
