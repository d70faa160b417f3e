package config_test

import (
	"fmt"
	"os"
	"path/filepath"

	"serf/agent/config"
)

func ExampleLoad() {
	dir, _ := os.MkdirTemp("", "config")
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "serf.json")
	_ = os.WriteFile(file, []byte(`{"node_name": "web1", "bind": "127.0.0.5", "tags": {"dc": "east"}, "retry_interval": "1ms"}`), 0o600)

	c, err := config.Load([]string{file}, config.Layer{"tags": map[string]string{"role": "web"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, notice := range c.Adjust() {
		fmt.Println(notice)
	}
	r, err := c.Resolve()
	fmt.Println(c.NodeName, c.Tags, r.Bind, r.LogLevel, err)
	// Output:
	// Warning: 'RetryInterval' is too low. Setting to 1s
	// web1 map[dc:east role:web] 127.0.0.5:7946 INFO <nil>
}
