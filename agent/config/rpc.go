package config

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
)

// socketAccess returns the mode of the Unix socket of RPC, 0 when none is given, and the users that may connect.
func (c Config) socketAccess() (mode fs.FileMode, uids []int, err error) {
	var errs []error
	if c.RPCSocketMode != "" {
		n, err := strconv.ParseUint(c.RPCSocketMode, 8, 32)
		mode = fs.FileMode(n)
		if err != nil || n == 0 || mode != mode.Perm() {
			errs = append(errs, fmt.Errorf("invalid rpc_socket_mode %q: want octal digits like 0600 or 0660", c.RPCSocketMode))
		}
	}
	for _, text := range c.RPCSocketUIDs {
		uid, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			errs = append(errs, fmt.Errorf("invalid rpc_socket_uids: %q is not the number of a user; id -u NAME tells it", text))
		}
		uids = append(uids, int(uid))
	}
	return mode, uids, errors.Join(errs...)
}

// ReadSecret returns the content of a file that holds one secret, without white space around it. It fails when the file is
// empty or larger than secrets are.
func ReadSecret(path string) (string, error) { return new(Secrets).read(path) }
