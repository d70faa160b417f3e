package config

import (
	"errors"
	"net"
	"net/netip"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"serf/agent/journal"
)

func TestResolveAddresses(t *testing.T) {
	for _, tt := range []struct{ bind, want string }{
		{"0.0.0.0", "0.0.0.0:7946"},
		{"127.0.0.5:17946", "127.0.0.5:17946"},
		{"127.0.0.5", "127.0.0.5:7946"},
		{"[::1]", "[::1]:7946"},
		{"[::1]:5", "[::1]:5"},
		{":17946", "0.0.0.0:17946"},
		{"[::ffff:127.0.0.1]:1", "127.0.0.1:1"},
	} {
		c := Default()
		c.Bind = tt.bind
		r, err := c.Resolve()
		if err != nil || r.Bind.String() != tt.want {
			t.Errorf("%s: got %v, %v, want %s", tt.bind, r.Bind, err, tt.want)
		}
	}
}

func TestResolveErrors(t *testing.T) {
	lo := loopback(t)
	for _, tt := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"port", func(c *Config) { c.Bind = "127.0.0.1:99999" }, "Invalid bind address: address 99999: invalid port"},
		{"brackets", func(c *Config) { c.Bind = "::1" },
			"Invalid bind address: address ::1: too many colons in address (an IPv6 address needs brackets: [::1])"},
		{"advertise", func(c *Config) { c.Advertise = "127.0.0.1:99999" }, "Invalid advertise address: address 99999: invalid port"},
		{"interface", func(c *Config) { c.Interface = "nope0" }, "Invalid network interface: route ip+net: no such network interface"},
		{"foreign", func(c *Config) { c.Interface, c.Bind = lo, "192.0.2.1" }, "Interface '" + lo + "' has no '192.0.2.1' address"},
		{"level", func(c *Config) { c.LogLevel = "foo" }, "Invalid log level: FOO. Valid log levels are: [TRACE DEBUG INFO WARN ERR]"},
		{"key", func(c *Config) { c.EncryptKey = "ab!" }, "Invalid encryption key: illegal base64 data at input byte 2"},
		{"cipher", func(c *Config) { c.EncryptCipher = "rot13" },
			`Invalid encryption cipher: unknown cipher "rot13": it must be aes-gcm or xchacha20-poly1305`},
		{"profile", func(c *Config) { c.Profile = "moon" }, "Unknown profile: moon"},
		{"handler", func(c *Config) { c.EventHandlers = []string{"foo=bar", "member-join,user:a=b=c", "user:,x:y=z"} },
			"Invalid event script: Event 'foo' invoking 'bar'\nInvalid event script: Event 'x:y' invoking 'z'\n" +
				"hint: filters are member-join, member-leave, member-failed, member-update, member-reap, user, user:NAME, " +
				"query, query:NAME and *, separated by commas without blanks; a script that holds '=' and is for all events is " +
				"written '*=SCRIPT'"},
		{"handler options", func(c *Config) { c.HandlerTimeout, c.HandlerConcurrency, c.HandlerStdin = -1, 1000, "xml" },
			"invalid handler_timeout -1ns: must not be negative; 0 is no limit\n" +
				"invalid handler_concurrency 1000: must be 1 to 64\ninvalid handler_stdin 'xml': must be text or json"},
		{"sinks", func(c *Config) { c.StatsiteAddr, c.StatsdAddr = "10.0.0.1", "10.0.0.1:x" },
			"Failed to start statsite sink. Got: address 10.0.0.1: missing port in address\n" +
				"Failed to start statsd sink. Got: address 10.0.0.1:x: port \"x\" is not a number from 1 to 65535"},
		{"mdns alone", func(c *Config) { c.MDNS.Interface = lo }, "mDNS interface specified without enabling mDNS discovery"},
		{"mdns interface", func(c *Config) { c.Discover, c.MDNS.Interface = "a", "nope0" },
			"Invalid mDNS network interface: route ip+net: no such network interface"},
		{"mdns families", func(c *Config) { c.Discover, c.MDNS = "a", MDNS{"", true, true} },
			"Invalid mDNS configuration: both IPv4 and IPv6 are disabled"},
		{"all at once", func(c *Config) { c.LogLevel, c.Profile, c.EncryptKey = "foo", "moon", "!" },
			"Invalid log level: FOO. Valid log levels are: [TRACE DEBUG INFO WARN ERR]\n" +
				"Invalid encryption key: illegal base64 data at input byte 0\nUnknown profile: moon"},
	} {
		c := Default()
		tt.change(&c)
		if _, err := c.Resolve(); err == nil || err.Error() != tt.want {
			t.Errorf("%s\ngot  %v\nwant %s", tt.name, err, tt.want)
		}
	}
}

func TestUnknownHostNameIsABindProblem(t *testing.T) {
	c := Default()
	c.Bind = "no-such-host.invalid"
	_, err := c.Resolve()
	if err == nil || !strings.HasPrefix(err.Error(), "Invalid bind address: lookup no-such-host.invalid") {
		t.Errorf("got %v", err)
	}
}

func TestInterfaceGivesItsAddressToAnUnspecificBind(t *testing.T) {
	c := Default()
	c.Interface, c.Bind = loopback(t), "0.0.0.0:5"
	r, err := c.Resolve()
	if err != nil || !r.ByInterface || !r.Bind.Addr().IsLoopback() || r.Bind.Port() != 5 {
		t.Errorf("got %+v, %v", r, err)
	}
	c.Bind = r.Bind.String()
	again, err := c.Resolve()
	if err != nil || again.ByInterface || again.Bind != r.Bind {
		t.Errorf("with a specific address: got %+v, %v", again, err)
	}
}

func TestResolveDecodes(t *testing.T) {
	c := Default()
	c.EncryptKey, c.LogLevel = "MDEyMzQ1Njc4OWFiY2RlZg==", "debug"
	r, err := c.Resolve()
	if err != nil || string(r.Key) != "0123456789abcdef" || r.LogLevel != journal.Debug {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestAdjust(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Config)
		want   []string
	}{
		{"default", func(*Config) {}, nil},
		{"role", func(c *Config) { c.Role = "web" }, []string{"Deprecation warning: 'Role' has been replaced with 'Tags'"}},
		{"retry", func(c *Config) { c.RetryInterval = time.Millisecond }, []string{"Warning: 'RetryInterval' is too low. Setting to 1s"}},
		{"broadcast", func(c *Config) { c.BroadcastTimeout = -1 }, []string{"Warning: 'BroadcastTimeout' is too low. Setting to 1s"}},
		{"rejoin", func(c *Config) { c.RejoinAfterLeave = true }, []string{
			"Warning: 'RejoinAfterLeave' enabled without snapshot file"}},
	} {
		c := Default()
		tt.change(&c)
		if got := c.Adjust(); !slices.Equal(got, tt.want) {
			t.Errorf("%s\ngot  %q\nwant %q", tt.name, got, tt.want)
		}
		if c.RetryInterval < time.Second || c.BroadcastTimeout < time.Second || c.Role != c.Tags["role"] {
			t.Errorf("%s: not adjusted: %+v", tt.name, c)
		}
	}
}

func TestNeedRestart(t *testing.T) {
	running, loaded := Default(), Default()
	loaded.LogLevel, loaded.Tags, loaded.LeaveOnTerminate = "DEBUG", map[string]string{"a": "b"}, true
	if got := NeedRestart(running, loaded); len(got) != 0 {
		t.Errorf("got %v, want none", got)
	}
	loaded.Bind, loaded.MDNS.DisableIPv4, loaded.RetryJoin = "x", true, []string{"a"}
	if got, want := NeedRestart(running, loaded), []string{"bind", "retry_join", "mdns.disable_ipv4"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestSetup(t *testing.T) {
	const k1, k2 = "MDEyMzQ1Njc4OWFiY2RlZg==", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	dir := files(t, map[string]string{
		"good.json": `["` + k1 + `","` + k2 + `"]`, "none.json": `[]`, "bad.json": `{}`, "base64.json": `["!"]`, "size.json": `["YWJj"]`,
	})
	for _, tt := range []struct {
		name, keyring, key, tagsFile string
		fromFile                     bool // the key is from a file of its own
		want                         []string
		seed                         bool
		err                          string
	}{
		{name: "no encryption"},
		{name: "key", key: "0123456789abcdef", want: []string{"0123456789abcdef"}},
		{name: "both", keyring: "good.json", key: "0123456789abcdef", err: "Encryption key not allowed while using a keyring"},
		{name: "both, the key in a file", keyring: "good.json", key: "a key of 16 byte", fromFile: true,
			want: []string{"0123456789abcdef", "0123456789abcdef0123456789abcdef"}},
		{name: "new keyring", keyring: "missing.json", key: "0123456789abcdef", want: []string{"0123456789abcdef"}, seed: true},
		{name: "keyring", keyring: "good.json", want: []string{"0123456789abcdef", "0123456789abcdef0123456789abcdef"}},
		{name: "missing", keyring: "missing.json", err: "stat DIR/missing.json: no such file or directory"},
		{name: "empty", keyring: "none.json", err: "Keyring file contains no keys"},
		{name: "object", keyring: "bad.json",
			err: "Failed to decode keyring file: json: cannot unmarshal object into Go value of type []string"},
		{name: "base64", keyring: "base64.json", err: "Failed to decode key from keyring: illegal base64 data at input byte 0"},
		{name: "size", keyring: "size.json", err: "Failed to restore keyring: key size must be 16, 24 or 32 bytes"},
		{name: "tags", tagsFile: "t", err: "Tags config not allowed while using tag files"},
	} {
		c := Config{TagsFile: tt.tagsFile, EncryptKeySeeds: tt.fromFile, Tags: map[string]string{"a": "b"}}
		if tt.keyring != "" {
			c.KeyringFile = filepath.Join(dir, tt.keyring)
		}
		var key []byte
		if tt.key != "" {
			key = []byte(tt.key)
		}
		keys, seed, err := c.Setup(key)
		var got []string
		for _, k := range keys {
			got = append(got, string(k))
		}
		if text := errText(err); text != strings.ReplaceAll(tt.err, "DIR", dir) || !reflect.DeepEqual(got, tt.want) || seed != tt.seed {
			t.Errorf("%s: got %q, %v, %v, want %q, %v, %q", tt.name, got, seed, err, tt.want, tt.seed, tt.err)
		}
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// loopback returns the name of the loopback interface.
func loopback(t *testing.T) string {
	t.Helper()
	list, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range list {
		if i.Flags&net.FlagLoopback != 0 {
			return i.Name
		}
	}
	t.Fatal("no loopback interface")
	return ""
}

func TestNodeWithoutANameTakesTheHostName(t *testing.T) {
	hostname := func() (string, error) { return "web1", nil }
	c := Config{}
	if err := c.fillNodeName(hostname); err != nil || c.NodeName != "web1" {
		t.Errorf("got %q, %v", c.NodeName, err)
	}
	unknown := func() (string, error) { return "", errors.New("no such file or directory") }
	if err := c.fillNodeName(unknown); err != nil || c.NodeName != "web1" {
		t.Errorf("a name that is there: got %q, %v", c.NodeName, err)
	}
	err := new(Config).fillNodeName(unknown)
	if want := "Error determining hostname: no such file or directory"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestInterfaceWithoutAUsableAddressIsRefused(t *testing.T) {
	_, _, err := bindInterface(nil, netip.MustParseAddrPort("0.0.0.0:7946"))
	if want := "Failed to get interface addresses: route ip+net: invalid network interface"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	linkLocal := &net.IPNet{IP: net.ParseIP("fe80::1"), Mask: net.CIDRMask(64, 128)}
	private := &net.IPNet{IP: net.IPv4(10, 0, 0, 5), Mask: net.CIDRMask(24, 32)}
	for _, tt := range []struct {
		bind string
		list []net.Addr
		want string
	}{
		{"0.0.0.0:7946", nil, "Interface 'eth1' has no addresses"},
		{"0.0.0.0:7946", []net.Addr{linkLocal}, "Failed to find usable address for interface 'eth1'"},
		{"10.0.0.6:7946", []net.Addr{linkLocal, private}, "Interface 'eth1' has no '10.0.0.6' address"},
	} {
		if _, _, err := chooseAddress("eth1", tt.list, netip.MustParseAddrPort(tt.bind)); err == nil || err.Error() != tt.want {
			t.Errorf("bind %s: %v, want %s", tt.bind, err, tt.want)
		}
	}
	got, chosen, err := chooseAddress("eth1", []net.Addr{linkLocal, private}, netip.MustParseAddrPort("0.0.0.0:7946"))
	if err != nil || !chosen || got.String() != "10.0.0.5:7946" {
		t.Errorf("got %v, %v, %v, want 10.0.0.5:7946", got, chosen, err)
	}
}
