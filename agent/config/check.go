package config

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"serf/agent"
)

// Check does all that a start does before something runs, and a little more: addresses to join can be understood, the
// directories of files exist. All problems are in the error, those of the start with their texts. Nothing is changed.
func (c Config) Check() error {
	r, err := c.Resolve()
	keys, _, setup := c.Setup(r.Key)
	errs := []error{err, setup, c.checkAddresses(), c.checkDirectories()}
	if err == nil && setup == nil {
		cfg, err := c.Agent(r, keys, nil)
		if err == nil {
			err = cfg.Check()
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// checkAddresses checks those that are only used later.
func (c Config) checkAddresses() error {
	var errs []error
	for _, list := range []struct {
		key   string
		texts []string
	}{{"start_join", c.StartJoin}, {"retry_join", c.RetryJoin}} {
		for _, text := range list.texts {
			if err := agent.CheckAddr(text); err != nil {
				errs = append(errs, fmt.Errorf("'%s': %w", list.key, err))
			}
		}
	}
	for _, addr := range []struct{ key, text string }{{"statsd_addr", c.StatsdAddr}, {"statsite_addr", c.StatsiteAddr}} {
		if _, _, err := net.SplitHostPort(addr.text); err != nil && addr.text != "" {
			errs = append(errs, fmt.Errorf("'%s': %w", addr.key, err))
		}
	}
	return errors.Join(errs...)
}

// checkDirectories looks for the directories of files that the agent writes.
func (c Config) checkDirectories() error {
	var errs []error
	for _, file := range []struct{ key, path string }{
		{"snapshot_path", c.SnapshotPath}, {"keyring_file", c.KeyringFile}, {"tags_file", c.TagsFile},
	} {
		if file.path == "" {
			continue
		}
		dir := filepath.Dir(file.path)
		info, err := os.Stat(dir)
		if err == nil && !info.IsDir() {
			err = fmt.Errorf("%s is no directory", dir)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("'%s': %w", file.key, err))
		}
	}
	return errors.Join(errs...)
}
