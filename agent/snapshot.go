package agent

import (
	"context"
	"fmt"
	"time"

	"serf/agent/journal"
)

// snapshotCloseTimeout is how long a shutdown waits for the disk.
const snapshotCloseTimeout = 5 * time.Second

// restore opens the snapshot of cfg, if there is to be one, and has the machine take up what it remembers.
func (a *Agent) restore(cfg *Config) error {
	if cfg.SnapshotPath == "" {
		return nil
	}
	s, recovered, err := openSnapshot(cfg.SnapshotPath, cfg.RejoinAfterLeave, cfg.Log)
	if err != nil {
		//lint:ignore ST1005 scripts match on this text
		return fmt.Errorf("Failed to setup snapshot: %w", err)
	}
	a.snapshot = s
	cfg.Cluster.SnapshotEnabled, cfg.Cluster.Recovered = true, &recovered
	return nil
}

// closeSnapshot makes the snapshot durable. A disk that hangs does not hold up the end of the agent for long.
func (a *Agent) closeSnapshot() {
	if a.snapshot == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), snapshotCloseTimeout)
	defer cancel()
	if err := a.snapshot.close(ctx); err != nil {
		a.log.Printf(journal.Err, "serf", "snapshot: what was last recorded is not on the disk: %v", err)
	}
}
