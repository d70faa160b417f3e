package config

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"time"
)

// intervalMin is the shortest retry interval and broadcast timeout that an agent accepts.
const intervalMin = time.Second

// FillNodeName makes the host name the name of a node without one.
func (c *Config) FillNodeName() error { return c.fillNodeName(os.Hostname) }

func (c *Config) fillNodeName(hostname func() (string, error)) error {
	if c.NodeName != "" {
		return nil
	}
	name, err := hostname()
	if err != nil {
		//lint:ignore ST1005 scripts match on this text
		return fmt.Errorf("Error determining hostname: %w", err)
	}
	c.NodeName = name
	return nil
}

// Adjust makes values that cannot be used into ones that can: the role becomes a tag, too short times are raised. It
// returns what the operator has to be told: what is read differently from the reference agent, then in its order.
func (c *Config) Adjust() []string {
	var notices []string
	for _, name := range c.SwitchedOff {
		notices = append(notices, fmt.Sprintf("Warning: '%s' is switched off by a later configuration file, which Serf 0.10 overlooks", name))
	}
	if c.Role != "" {
		notices = append(notices, "Deprecation warning: 'Role' has been replaced with 'Tags'")
		c.Tags = maps.Clone(c.Tags)
		if c.Tags == nil {
			c.Tags = make(map[string]string)
		}
		c.Tags["role"] = c.Role
	}
	if c.RetryInterval < intervalMin {
		notices = append(notices, "Warning: 'RetryInterval' is too low. Setting to 1s")
		c.RetryInterval = intervalMin
	}
	if c.BroadcastTimeout < intervalMin {
		notices = append(notices, "Warning: 'BroadcastTimeout' is too low. Setting to 1s")
		c.BroadcastTimeout = intervalMin
	}
	if c.RejoinAfterLeave && c.SnapshotPath == "" {
		notices = append(notices, "Warning: 'RejoinAfterLeave' enabled without snapshot file")
	}
	return notices
}

// shown returns the name of k as an operator may have written it.
func (k key) shown() string {
	if k.flag != "" {
		return fmt.Sprintf("'%s' (-%s)", k.name, k.flag)
	}
	return fmt.Sprintf("'%s'", k.name)
}

// reloadable are the keys that a running agent takes over.
var reloadable = []string{"log_level", "role", "tags", "leave_on_terminate", "skip_leave_on_interrupt",
	"leave_timeout", "event_handlers", "handler_timeout", "handler_concurrency", "handler_stdin", "handler_extra_environment",
	"handler_answer_stdout_only", "handler_answer_truncate"}

// NeedRestart returns the names of the keys whose values differ between the two and which a running agent does not take over.
func NeedRestart(running, loaded Config) []string {
	names := changed(running, loaded)
	return slices.DeleteFunc(names, func(name string) bool { return slices.Contains(reloadable, name) })
}
