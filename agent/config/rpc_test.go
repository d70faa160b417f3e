package config

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestRPCTokenComesFromAFileOrTheEnvironment(t *testing.T) {
	dir := files(t, map[string]string{"token": "sekrit\n"})
	env := func(name string) string { return map[string]string{"SERF_AGENT_RPC_AUTH": "other"}[name] }
	tests := []struct {
		c    Config
		s    Secrets
		want string
		err  string
	}{
		{c: Config{RPCAuthFile: filepath.Join(dir, "token")}, want: "sekrit"},
		{c: Config{}, s: Secrets{Env: env}, want: "other"},
		{c: Config{RPCAuthFile: filepath.Join(dir, "token"), RPCAuth: "x"}, err: "'rpc_auth' (-rpc-auth) and 'rpc_auth_file' (-rpc-auth-file) are both given"},
		{c: Config{RPCAuthFile: filepath.Join(dir, "none")}, err: "cannot read 'rpc_auth_file'"},
	}
	for _, test := range tests {
		c := test.c
		_, err := test.s.Fill(&c)
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("got %v, want %q", err, test.err)
			}
			continue
		}
		if err != nil || c.RPCAuth != test.want || c.EncryptKeySeeds {
			t.Errorf("got %q, %v, want %q", c.RPCAuth, err, test.want)
		}
	}
}

func TestSocketAccessIsChecked(t *testing.T) {
	c := Default()
	c.RPCSocketMode, c.RPCSocketUIDs = "660", []string{"0", "1000"}
	r, err := c.Resolve()
	if err != nil || r.SocketMode != 0o660 || !reflect.DeepEqual(r.SocketUIDs, []int{0, 1000}) {
		t.Errorf("got %v, %v, %v", r.SocketMode, r.SocketUIDs, err)
	}
	for _, bad := range []string{"0", "rw", "0x1b0", "9", "1600", "-600"} {
		c.RPCSocketMode = bad
		if _, err := c.Resolve(); err == nil || !strings.Contains(err.Error(), "invalid rpc_socket_mode") {
			t.Errorf("mode %q: got %v", bad, err)
		}
	}
	c.RPCSocketMode, c.RPCSocketUIDs = "", []string{"root", "-1"}
	if _, err := c.Resolve(); err == nil || strings.Count(err.Error(), "is not the number of a user") != 2 {
		t.Errorf("users by name: got %v", err)
	}
}
