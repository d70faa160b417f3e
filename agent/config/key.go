package config

import "time"

// key is one thing that can be configured.
type key struct {
	name  string            // in a file; "mdns.interface" is the key interface of the object mdns
	flag  string            // on the command line; empty: files only
	field func(*Config) any // *string, *int, *bool, *time.Duration, *[]string or *map[string]string

	negated bool // the flag means the opposite of the key
	resets  bool // bool: a layer that says false has an effect, too

	secret   bool   // text: not for every eye, see Secrets
	env      string // text: the environment variable that is looked at when nothing else gives the secret
	secretOf string // text: the path of a file with the value of the secret key of this name

	// pending is the part of the program that the key speaks of and that is not built yet; empty: the key has its effect.
	pending string
}

// keys holds all keys in the order in which their warnings appear.
var keys = []key{
	{name: "node_name", flag: "node", field: func(c *Config) any { return &c.NodeName }},
	{name: "role", flag: "role", field: func(c *Config) any { return &c.Role }},
	{name: "tags", flag: "tag", field: func(c *Config) any { return &c.Tags }},
	{name: "bind", flag: "bind", field: func(c *Config) any { return &c.Bind }},
	{name: "advertise", flag: "advertise", field: func(c *Config) any { return &c.Advertise }},
	{name: "interface", flag: "iface", field: func(c *Config) any { return &c.Interface }},
	{name: "protocol", flag: "protocol", field: func(c *Config) any { return &c.Protocol }},
	{name: "profile", flag: "profile", field: func(c *Config) any { return &c.Profile }},
	{name: "encrypt_key", flag: "encrypt", secret: true, env: "SERF_ENCRYPT_KEY", field: func(c *Config) any { return &c.EncryptKey }},
	{name: "encrypt_key_file", flag: "encrypt-file", secretOf: "encrypt_key", field: func(c *Config) any { return &c.EncryptKeyFile }},
	{name: "keyring_file", flag: "keyring-file", field: func(c *Config) any { return &c.KeyringFile }},
	{name: "rpc_addr", flag: "rpc-addr", field: func(c *Config) any { return &c.RPCAddr }},
	{name: "rpc_auth", secret: true, field: func(c *Config) any { return &c.RPCAuth }},
	{name: "start_join", flag: "join", field: func(c *Config) any { return &c.StartJoin }},
	{name: "retry_join", flag: "retry-join", field: func(c *Config) any { return &c.RetryJoin }},
	{name: "retry_interval", flag: "retry-interval", field: func(c *Config) any { return &c.RetryInterval }},
	{name: "retry_max_attempts", flag: "retry-max", field: func(c *Config) any { return &c.RetryMaxAttempts }},
	{name: "replay_on_join", flag: "replay", field: func(c *Config) any { return &c.ReplayOnJoin }},
	{name: "leave_on_terminate", field: func(c *Config) any { return &c.LeaveOnTerminate }},
	{name: "skip_leave_on_interrupt", field: func(c *Config) any { return &c.SkipLeaveOnInterrupt }},
	{name: "broadcast_timeout", flag: "broadcast-timeout", field: func(c *Config) any { return &c.BroadcastTimeout }},
	{name: "reconnect_interval", field: func(c *Config) any { return &c.ReconnectInterval }},
	{name: "reconnect_timeout", field: func(c *Config) any { return &c.ReconnectTimeout }},
	{name: "tombstone_timeout", field: func(c *Config) any { return &c.TombstoneTimeout }},
	{name: "enable_compression", flag: "disable-compression", negated: true, resets: true,
		field: func(c *Config) any { return &c.EnableCompression }},
	{name: "log_level", flag: "log-level", field: func(c *Config) any { return &c.LogLevel }},
	{name: "enable_syslog", field: func(c *Config) any { return &c.EnableSyslog }, pending: "logging to syslog"},
	{name: "syslog_facility", field: func(c *Config) any { return &c.SyslogFacility }, pending: "logging to syslog"},
	{name: "statsite_addr", field: func(c *Config) any { return &c.StatsiteAddr }, pending: "telemetry"},
	{name: "statsd_addr", field: func(c *Config) any { return &c.StatsdAddr }, pending: "telemetry"},
	{name: "event_handlers", field: func(c *Config) any { return &c.EventHandlers }, pending: "event handlers"},
	{name: "user_event_size_limit", field: func(c *Config) any { return &c.UserEventSizeLimit }},
	{name: "query_size_limit", field: func(c *Config) any { return &c.QuerySizeLimit }},
	{name: "query_response_size_limit", field: func(c *Config) any { return &c.QueryResponseSizeLimit }},
	{name: "snapshot_path", flag: "snapshot", field: func(c *Config) any { return &c.SnapshotPath }},
	{name: "rejoin_after_leave", flag: "rejoin", field: func(c *Config) any { return &c.RejoinAfterLeave }},
	{name: "tags_file", flag: "tags-file", field: func(c *Config) any { return &c.TagsFile }},
	{name: "discover", field: func(c *Config) any { return &c.Discover }, pending: "mDNS discovery"},
	{name: "mdns.interface", field: func(c *Config) any { return &c.MDNS.Interface }, pending: "mDNS discovery"},
	{name: "mdns.disable_ipv4", field: func(c *Config) any { return &c.MDNS.DisableIPv4 }, pending: "mDNS discovery"},
	{name: "mdns.disable_ipv6", field: func(c *Config) any { return &c.MDNS.DisableIPv6 }, pending: "mDNS discovery"},
	{name: "disable_name_resolution", field: func(c *Config) any { return &c.DisableNameResolution }},
	{name: "disable_coordinates", field: func(c *Config) any { return &c.DisableCoordinates }},
	{name: "validate_node_names", field: func(c *Config) any { return &c.ValidateNodeNames }},
	{name: "msgpackusenewtimeformat", field: func(c *Config) any { return &c.MsgpackUseNewTimeFormat }},
}

// find returns the key called name, which exists.
func find(name string) key {
	for _, k := range keys {
		if k.name == name {
			return k
		}
	}
	panic("config: no key " + name)
}

// kind is the type of a key's values.
type kind uint8

const (
	kindText kind = iota + 1
	kindNumber
	kindBool
	kindDuration
	kindList
	kindTags
)

// kind returns the type of the values of k.
func (k key) kind() kind {
	switch k.field(new(Config)).(type) {
	case *string:
		return kindText
	case *int:
		return kindNumber
	case *bool:
		return kindBool
	case *time.Duration:
		return kindDuration
	case *[]string:
		return kindList
	case *map[string]string:
		return kindTags
	}
	panic("config: key " + k.name + " has a field of an unknown type")
}
