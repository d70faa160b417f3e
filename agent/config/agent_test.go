package config

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAgentTakesOverWhatItCan(t *testing.T) {
	c := Default()
	c.NodeName, c.Profile, c.Bind, c.Advertise, c.Protocol = "n1", "wan", "127.0.0.1:5", "10.0.0.1", 4
	c.Tags = map[string]string{"a": "b"}
	c.BroadcastTimeout, c.ReconnectInterval, c.ReconnectTimeout, c.TombstoneTimeout = 2*time.Second, time.Minute, time.Hour, 3*time.Hour
	c.EnableCompression, c.ValidateNodeNames = false, true
	c.TagsFile, c.KeyringFile, c.SnapshotPath, c.RejoinAfterLeave = "t", "k", "s", true
	c.UserEventSizeLimit, c.QuerySizeLimit, c.QueryResponseSizeLimit = 9216, 2000, 3000
	c.DisableNameResolution, c.DisableCoordinates = true, true
	c.StartJoin, c.RetryJoin = []string{"a"}, []string{"b"}
	r, err := c.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	key := []byte("0123456789abcdef")
	got, err := c.Agent(r, [][]byte{key, []byte("0123456789abcdef0123456789abcdef")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for what, ok := range map[string]bool{
		"name":        got.Cluster.Swim.Name == "n1",
		"profile":     got.Cluster.Swim.ProbeInterval == 5*time.Second,
		"bind":        got.Bind.String() == "127.0.0.1:5",
		"advertise":   got.Cluster.Swim.Advertise.String() == "10.0.0.1:7946",
		"protocol":    got.Cluster.ProtocolVersion == 4,
		"tags":        got.Cluster.Tags["a"] == "b",
		"broadcast":   got.Cluster.BroadcastTimeout == 2*time.Second,
		"reconnect":   got.Cluster.ReconnectInterval == time.Minute && got.Cluster.ReconnectTimeout == time.Hour,
		"tombstone":   got.Cluster.TombstoneTimeout == 3*time.Hour,
		"compression": !got.Envelope.Compression,
		"names":       got.Cluster.ValidateNodeNames,
		"seeds":       slices.Equal(got.Seeds, []string{"a", "b"}),
		"limits": got.Cluster.UserEventSizeLimit == 9216 && got.Cluster.QuerySizeLimit == 2000 &&
			got.Cluster.QueryResponseSizeLimit == 3000,
		"conflicts":   !got.Cluster.EnableNameConflictResolution,
		"coordinates": got.Cluster.DisableCoordinates,
		"files":       got.TagsFile == "t" && got.KeyringFile == "k" && got.SnapshotPath == "s" && got.RejoinAfterLeave,
		"keys":        got.Keyring.Len() == 2 && string(got.Keyring.Primary()) == string(key),
	} {
		if !ok {
			t.Errorf("%s not taken over: %+v", what, got)
		}
	}
}

func TestAgentErrors(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Config)
		keys   [][]byte
		want   string
	}{
		{"low", func(c *Config) { c.Protocol = 1 }, nil, "Protocol version '1' too low. Must be in range: [2, 5]"},
		{"high", func(c *Config) { c.Protocol = 6 }, nil, "Protocol version '6' too high. Must be in range: [2, 5]"},
		{"tags", func(c *Config) { c.Tags = map[string]string{"a": strings.Repeat("x", 512)} }, nil,
			"Encoded length of tags exceeds limit of 512 bytes"},
		{"events", func(c *Config) { c.UserEventSizeLimit = 9217 }, nil, "user event size limit exceeds limit of 9216 bytes"},
		{"key", func(*Config) {}, [][]byte{[]byte("abc")}, "Failed to create memberlist: key size must be 16, 24 or 32 bytes"},
		{"all", func(c *Config) { c.Protocol, c.UserEventSizeLimit = 6, 9217 }, nil,
			"Protocol version '6' too high. Must be in range: [2, 5]\nuser event size limit exceeds limit of 9216 bytes"},
	} {
		c := Default()
		c.NodeName = "n1"
		tt.change(&c)
		if _, err := c.Agent(Resolved{}, tt.keys, nil); err == nil || err.Error() != tt.want {
			t.Errorf("%s: got %v, want %s", tt.name, err, tt.want)
		}
	}
}
