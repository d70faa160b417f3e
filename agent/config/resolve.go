package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"

	"serf/agent/journal"
	"serf/agent/telemetry"
	"serf/transport/envelope"
)

// Resolved is what follows from a Config and the machine it is on.
type Resolved struct {
	// Bind is where to listen for gossip.
	Bind netip.AddrPort
	// ByInterface says that Bind was chosen because it belongs to Config.Interface.
	ByInterface bool
	// Advertise is what others are told; not valid when that is Bind.
	Advertise netip.AddrPort
	LogLevel  journal.Level
	// Facility is the number of Config.SyslogFacility; it counts only with Config.EnableSyslog.
	Facility int
	// Key is the decoded encryption key, of any length; nil without one.
	Key []byte
	// Cipher says how to encrypt.
	Cipher envelope.Cipher
	// SocketMode and SocketUIDs are who may connect to the Unix socket of RPC.
	SocketMode fs.FileMode
	SocketUIDs []int
}

// Resolve checks what can be checked without starting anything, looks up host names and interfaces, and decodes. All
// problems are in the error, one line each.
func (c Config) Resolve() (Resolved, error) {
	var r Resolved
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }

	iface, ifaceErr := c.findInterface()
	errs = append(c.checkHandlers(), ifaceErr, c.checkMDNS())
	level, err := journal.ParseLevel(c.LogLevel)
	if err != nil {
		errs = append(errs, err)
	}
	r.LogLevel = level
	if c.LogFormat != "text" && c.LogFormat != "json" {
		fail("Invalid log format: %s. Valid log formats are: [text json]", c.LogFormat)
	}
	if c.EnableSyslog {
		if r.Facility, err = journal.ParseFacility(c.SyslogFacility); err != nil {
			fail("Syslog setup failed: %w", err)
		}
	}
	errs = append(errs, telemetry.CheckStatsite(c.StatsiteAddr), telemetry.CheckStatsd(c.StatsdAddr))
	r.Bind, err = address(c.Bind)
	switch {
	case err != nil:
		fail("Invalid bind address: %w", err)
	case iface != nil:
		r.Bind, r.ByInterface, err = bindInterface(iface, r.Bind)
		errs = append(errs, err)
	}
	if c.Advertise != "" {
		if r.Advertise, err = address(c.Advertise); err != nil {
			fail("Invalid advertise address: %w", err)
		}
	}
	if c.EncryptKey != "" {
		if r.Key, err = base64.StdEncoding.DecodeString(c.EncryptKey); err != nil {
			fail("Invalid encryption key: %w", err)
		}
	}
	if r.Cipher, err = envelope.ParseCipher(c.EncryptCipher); err != nil {
		fail("Invalid encryption cipher: %w", err)
	}
	r.SocketMode, r.SocketUIDs, err = c.socketAccess()
	errs = append(errs, err, c.checkProfile())
	if c.LeaveTimeout < 0 {
		fail("Invalid leave timeout: %v is negative", c.LeaveTimeout)
	}
	return r, errors.Join(errs...)
}

// findInterface returns the interface to bind to, nil when none is named.
func (c Config) findInterface() (*net.Interface, error) {
	if c.Interface == "" {
		return nil, nil
	}
	iface, err := net.InterfaceByName(c.Interface)
	if err != nil {
		//lint:ignore ST1005 scripts match on this text
		return nil, fmt.Errorf("Invalid network interface: %w", err)
	}
	return iface, nil
}

// checkProfile accepts the names of the three sets of timings.
func (c Config) checkProfile() error {
	switch c.Profile {
	case "lan", "wan", "local":
		return nil
	}
	//lint:ignore ST1005 scripts match on this text
	return fmt.Errorf("Unknown profile: %s", c.Profile)
}

// checkMDNS checks the settings of discovery.
func (c Config) checkMDNS() error {
	var errs []error
	switch {
	case c.Discover == "" && c.MDNS.Interface != "":
		//lint:ignore ST1005 scripts match on this text
		return errors.New("mDNS interface specified without enabling mDNS discovery")
	case c.Discover == "":
		return nil
	}
	if _, err := net.InterfaceByName(c.MDNS.Interface); err != nil && c.MDNS.Interface != "" {
		//lint:ignore ST1005 scripts match on this text
		errs = append(errs, fmt.Errorf("Invalid mDNS network interface: %w", err))
	}
	if c.MDNS.DisableIPv4 && c.MDNS.DisableIPv6 {
		//lint:ignore ST1005 scripts match on this text
		errs = append(errs, errors.New("Invalid mDNS configuration: both IPv4 and IPv6 are disabled"))
	}
	return errors.Join(errs...)
}
