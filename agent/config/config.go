package config

import (
	"time"

	"serf/transport/envelope"
)

// Config is all that can be configured. Fields are named after the keys of the configuration file.
type Config struct {
	NodeName string            // unique in the cluster; empty: the host name, see FillNodeName
	Role     string            // deprecated: the tag "role"
	Tags     map[string]string // what the node says about itself

	Bind      string // gossip address: host, host:port, [v6] or [v6]:port; port 7946 unless given
	Advertise string // gossip address that others are told, same forms; empty: Bind
	Interface string // network interface whose address is bound when Bind names none
	Protocol  int    // Serf protocol to speak, 2 to 5
	Profile   string // timing: lan, wan or local

	EncryptKey     string // base64 of 16, 24 or 32 bytes; empty: no encryption
	EncryptKeyFile string // a file with nothing but EncryptKey; Secrets reads it
	EncryptCipher  string // aes-gcm or xchacha20-poly1305
	KeyringFile    string // JSON list of such keys, the first one is primary
	// EncryptKeySeeds says that EncryptKey comes from a file of its own or the environment, and not from the configuration:
	// then it makes the keyring file when there is none, and stands back behind one that exists.
	EncryptKeySeeds bool

	RPCAddr         string   // where to listen for RPC clients: host:port, host or unix:///path
	RPCAuth         string   // what RPC clients must present; empty: nothing
	RPCAuthFile     string   // a file with nothing but RPCAuth; Secrets reads it
	RPCAuthOptional bool     // RPC clients may also present nothing
	RPCSocketMode   string   // mode of the Unix socket, in octal
	RPCSocketUIDs   []string // users that may connect to it; none: all whom the mode lets
	RPCTLSCert      string   // PEM file with the certificate for RPC over TLS; empty: no TLS
	RPCTLSKey       string   // PEM file with its key
	RPCTLSClientCA  string   // PEM file with what RPC clients' certificates are judged by; empty: they need none

	StartJoin        []string      // joined once at the start, which fails if none answers
	RetryJoin        []string      // joined in the background until one answers
	RetryInterval    time.Duration // between these attempts; at least a second
	RetryMaxAttempts int           // how many further attempts follow the first; 0: no limit
	ReplayOnJoin     bool          // user events from before the join are wanted

	LeaveOnTerminate     bool          // SIGTERM leaves gracefully
	SkipLeaveOnInterrupt bool          // SIGINT does not
	LeaveTimeout         time.Duration // limit of a graceful leave after a signal
	BroadcastTimeout     time.Duration // limit of waiting for a broadcast, at least a second
	ReconnectInterval    time.Duration // between attempts to reach failed members
	ReconnectTimeout     time.Duration // after which a failed member is forgotten
	TombstoneTimeout     time.Duration // after which a member that left is forgotten
	EnableCompression    bool          // compress gossip

	LogLevel       string // trace, debug, info, warn or err, in any case
	LogFormat      string // text or json
	EnableSyslog   bool
	SyslogFacility string
	StatsiteAddr   string
	StatsdAddr     string

	EventHandlers           []string      // "[FILTER,...=]SCRIPT"
	HandlerTimeout          time.Duration // after which a script is killed; 0: never
	HandlerConcurrency      int           // scripts of one handler that may run at once
	HandlerStdin            string        // what scripts read: text or json
	HandlerExtraEnvironment bool          // scripts also get variables that the reference does not have
	HandlerAnswerStdoutOnly bool          // the answer to a query is without what a script writes to stderr
	HandlerAnswerTruncate   bool          // an answer that is too large is cut, and says so

	UserEventSizeLimit     int // bytes
	QuerySizeLimit         int // bytes
	QueryResponseSizeLimit int // bytes

	SnapshotPath     string
	RejoinAfterLeave bool
	TagsFile         string

	Discover string // mDNS cluster name; empty: no discovery
	MDNS     MDNS

	DisableNameResolution   bool
	DisableCoordinates      bool
	ValidateNodeNames       bool
	MsgpackUseNewTimeFormat bool // nothing on the wire is a time: no effect

	// SwitchedOff names the booleans that a file switched on and a later one off again, which other agents overlook.
	SwitchedOff []string
}

// MDNS is the object "mdns" of the configuration file.
type MDNS struct {
	Interface   string
	DisableIPv4 bool
	DisableIPv6 bool
}

// PortDefault is the gossip port of an address that names none.
const PortDefault = 7946

// RPCAddrDefault is where an agent listens for RPC clients, and where these look for it, unless told otherwise.
const RPCAddrDefault = "127.0.0.1:7373"

// The Serf protocol versions that an agent can speak.
const (
	protocolMin = 2
	protocolMax = 5
)

// Default returns the configuration of an agent that was told nothing.
func Default() Config {
	return Config{
		Bind:                   "0.0.0.0",
		Protocol:               protocolMax,
		Profile:                "lan",
		EncryptCipher:          envelope.AESGCM.String(),
		RPCAddr:                RPCAddrDefault,
		RetryInterval:          30 * time.Second,
		LeaveTimeout:           3 * time.Second,
		BroadcastTimeout:       5 * time.Second,
		ReconnectInterval:      30 * time.Second,
		ReconnectTimeout:       24 * time.Hour,
		TombstoneTimeout:       24 * time.Hour,
		EnableCompression:      true,
		LogLevel:               "INFO",
		LogFormat:              "text",
		SyslogFacility:         "LOCAL0",
		HandlerConcurrency:     1,
		HandlerStdin:           "text",
		UserEventSizeLimit:     512,
		QuerySizeLimit:         1024,
		QueryResponseSizeLimit: 1024,
	}
}
