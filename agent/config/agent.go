package config

import (
	"errors"
	"fmt"
	"slices"

	"serf/agent"
	"serf/agent/journal"
	"serf/membership"
	"serf/transport/envelope"
)

// userEventBytesMax is the largest size limit of user events that the reference agent starts with.
const userEventBytesMax = 9 * 1024

// Agent turns c into what the agent is started with. r comes from Resolve, keys from Setup. All problems are in the error, one
// line each, with the texts of the reference agent where it has one.
func (c Config) Agent(r Resolved, keys [][]byte, log *journal.Journal) (agent.Config, error) {
	cluster, ok := membership.DefaultConfig(c.Profile)
	if !ok {
		return agent.Config{}, c.checkProfile()
	}
	if err := c.checkStart(keys); err != nil {
		return agent.Config{}, err
	}
	cluster.Swim.Name = c.NodeName
	cluster.Swim.Advertise = r.Advertise
	cluster.Tags = c.Tags
	cluster.ProtocolVersion = uint8(c.Protocol)
	cluster.ValidateNodeNames = c.ValidateNodeNames
	cluster.BroadcastTimeout = c.BroadcastTimeout
	cluster.ReconnectInterval = c.ReconnectInterval
	cluster.ReconnectTimeout = c.ReconnectTimeout
	cluster.TombstoneTimeout = c.TombstoneTimeout
	cluster.UserEventSizeLimit = c.UserEventSizeLimit
	cluster.QuerySizeLimit = c.QuerySizeLimit
	cluster.QueryResponseSizeLimit = c.QueryResponseSizeLimit
	cluster.EnableNameConflictResolution = !c.DisableNameResolution
	cluster.DisableCoordinates = c.DisableCoordinates
	env := envelope.Default()
	env.Compression, env.Cipher = c.EnableCompression, r.Cipher
	out := agent.Config{Cluster: cluster, Bind: r.Bind, Envelope: env, Log: log, TagsFile: c.TagsFile, KeyringFile: c.KeyringFile,
		SnapshotPath: c.SnapshotPath, RejoinAfterLeave: c.RejoinAfterLeave, Seeds: slices.Concat(c.StartJoin, c.RetryJoin)}
	if len(keys) > 0 {
		ring, err := envelope.NewKeyring(keys, keys[0])
		if err != nil {
			return agent.Config{}, err
		}
		out.Keyring = ring
	}
	return out, nil
}

// checkStart checks what the reference agent checks when it creates its node.
func (c Config) checkStart(keys [][]byte) error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	switch {
	case c.Protocol < protocolMin:
		fail("Protocol version '%d' too low. Must be in range: [%d, %d]", c.Protocol, protocolMin, protocolMax)
	case c.Protocol > protocolMax:
		fail("Protocol version '%d' too high. Must be in range: [%d, %d]", c.Protocol, protocolMin, protocolMax)
	default:
		errs = append(errs, c.CheckTags())
	}
	if c.UserEventSizeLimit > userEventBytesMax {
		fail("user event size limit exceeds limit of %d bytes", userEventBytesMax)
	}
	for _, k := range keys {
		if !validKey(k) {
			fail("Failed to create memberlist: %w", errKeySize)
			break
		}
	}
	return errors.Join(errs...)
}

// CheckTags says whether the tags fit into what a member can tell about itself.
func (c Config) CheckTags() error {
	if len(membership.AppendTags(nil, uint8(c.Protocol), c.Tags)) > membership.TagsBytesMax {
		//lint:ignore ST1005 scripts match on this text
		return fmt.Errorf("Encoded length of tags exceeds limit of %d bytes", membership.TagsBytesMax)
	}
	return nil
}
