package config

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestMergeRules(t *testing.T) {
	for _, tt := range []struct {
		name   string
		layers []Layer
		field  func(Config) any
		want   any
	}{
		{"text replaces", []Layer{{"bind": "a"}, {"bind": "b"}}, func(c Config) any { return c.Bind }, "b"},
		{"empty text does not", []Layer{{"bind": "a"}, {"bind": ""}}, func(c Config) any { return c.Bind }, "a"},
		{"number replaces", []Layer{{"retry_max_attempts": 3}, {"retry_max_attempts": 5}},
			func(c Config) any { return c.RetryMaxAttempts }, 5},
		{"zero does not", []Layer{{"retry_max_attempts": 3}, {"retry_max_attempts": 0}},
			func(c Config) any { return c.RetryMaxAttempts }, 3},
		{"protocol below 1 does not", []Layer{{"protocol": 4}, {"protocol": -1}, {"protocol": 0}}, func(c Config) any { return c.Protocol }, 4},
		{"true switches on", []Layer{{"leave_on_terminate": true}}, func(c Config) any { return c.LeaveOnTerminate }, true},
		{"false switches off", []Layer{{"leave_on_terminate": true}, {"leave_on_terminate": false}},
			func(c Config) any { return c.LeaveOnTerminate }, false},
		{"compression is off when a file says so", []Layer{{"enable_compression": false}}, func(c Config) any { return c.EnableCompression }, false},
		{"and on again when a later one does", []Layer{{"enable_compression": false}, {"enable_compression": true}},
			func(c Config) any { return c.EnableCompression }, true},
		{"duration replaces", []Layer{{"retry_interval": time.Second}}, func(c Config) any { return c.RetryInterval }, time.Second},
		{"no duration does not", []Layer{{"retry_interval": time.Duration(0)}}, func(c Config) any { return c.RetryInterval }, 30 * time.Second},
		{"lists are appended", []Layer{{"retry_join": []string{"a", "b"}}, {"retry_join": []string{"b"}}},
			func(c Config) any { return c.RetryJoin }, []string{"a", "b", "b"}},
		{"tags are merged", []Layer{{"tags": map[string]string{"a": "1", "b": "1"}}, {"tags": map[string]string{"b": "2"}}},
			func(c Config) any { return c.Tags }, map[string]string{"a": "1", "b": "2"}},
		{"mdns is merged per field", []Layer{{"mdns.interface": "lo"}, {"mdns.disable_ipv6": true}},
			func(c Config) any { return c.MDNS }, MDNS{Interface: "lo", DisableIPv6: true}},
	} {
		if got := tt.field(Default().Merge(tt.layers...)); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestLaterFalseSwitchesOffAndIsSaid(t *testing.T) {
	dir := files(t, map[string]string{
		"1.json": `{"leave_on_terminate": true, "enable_syslog": true, "mdns": {"disable_ipv6": true}, "disable_coordinates": false}`,
		"2.json": `{"leave_on_terminate": false, "replay_on_join": false, "mdns": {"disable_ipv6": false}, "enable_syslog": false}`,
		"3.json": `{"enable_syslog": true}`,
	})
	flags, err := FromFlags(func(name string) (any, bool) { return false, name == "mdns-disable-ipv6" || name == "syslog" })
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		flags  Layer
		syslog bool
		want   []string
	}{{nil, true, []string{"leave_on_terminate", "mdns.disable_ipv6"}}, {flags, false, []string{"leave_on_terminate"}}} {
		c, err := Load([]string{dir}, tt.flags)
		if err != nil {
			t.Fatal(err)
		}
		if c.LeaveOnTerminate || c.MDNS.DisableIPv6 || c.ReplayOnJoin || c.EnableSyslog != tt.syslog {
			t.Errorf("flags %v: got %+v", tt.flags, c)
		}
		var want []string
		for _, name := range tt.want {
			want = append(want, "Warning: '"+name+"' is switched off by a later configuration file, which Serf 0.10 overlooks")
		}
		if got := c.Adjust(); !slices.Equal(got, want) {
			t.Errorf("flags %v: told %q, want %q", tt.flags, got, want)
		}
	}
}

func TestMergeLeavesItsInputsAlone(t *testing.T) {
	file := Layer{"tags": map[string]string{"a": "1"}, "start_join": make([]string, 1, 8)}
	base := Default().Merge(file)
	one := base.Merge(Layer{"tags": map[string]string{"b": "1"}, "start_join": []string{"one"}})
	two := base.Merge(Layer{"tags": map[string]string{"c": "1"}, "start_join": []string{"two"}})
	if len(file["tags"].(map[string]string)) != 1 || len(base.Tags) != 1 || len(one.Tags) != 2 || len(two.Tags) != 2 {
		t.Errorf("tags of one Config show in another: %v %v %v", base.Tags, one.Tags, two.Tags)
	}
	if one.StartJoin[1] != "one" || two.StartJoin[1] != "two" {
		t.Errorf("lists share an array: %v %v", one.StartJoin, two.StartJoin)
	}
}

func TestKeysAndFlagsAreUnique(t *testing.T) {
	names, flags, fields := map[string]bool{}, map[string]bool{}, map[any]string{}
	var c Config
	for _, k := range keys {
		if names[k.name] || flags[k.flag] && k.flag != "" {
			t.Errorf("%s or its flag %q twice", k.name, k.flag)
		}
		names[k.name], flags[k.flag] = true, true
		if other := fields[k.field(&c)]; other != "" {
			t.Errorf("%s and %s share a field", k.name, other)
		}
		fields[k.field(&c)] = k.name
	}
	for _, name := range strings.Fields(referenceKeys) {
		if !names[name] {
			t.Errorf("the key %s of the reference is missing", name)
		}
	}
}

// referenceKeys are the keys that the reference agent reads: spec agent §3.
const referenceKeys = `
	node_name role disable_coordinates tags tags_file bind advertise encrypt_key keyring_file log_level rpc_addr rpc_auth
	protocol replay_on_join query_response_size_limit query_size_limit user_event_size_limit start_join event_handlers
	profile snapshot_path leave_on_terminate skip_leave_on_interrupt discover mdns.interface mdns.disable_ipv4
	mdns.disable_ipv6 interface reconnect_interval reconnect_timeout tombstone_timeout disable_name_resolution
	enable_syslog syslog_facility retry_join retry_max_attempts retry_interval rejoin_after_leave enable_compression
	statsite_addr statsd_addr broadcast_timeout validate_node_names msgpackusenewtimeformat`
