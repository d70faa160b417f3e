package agent

import (
	"context"
	"encoding/base64"
	"time"

	"serf/agent/journal"
	"serf/membership"
	"serf/transport/envelope"
)

// KeyResult is what the members said to a key operation.
type KeyResult = membership.KeyResult

// keyOp is what is done with a key.
type keyOp uint8

const (
	keyInstall keyOp = iota + 1
	keyUse
	keyRemove
	keyList
)

// keyOpNames are what the operator's log calls them.
var keyOpNames = [...]string{keyInstall: "key installation", keyUse: "primary key change", keyRemove: "key removal", keyList: "key listing"}

// InstallKey makes all members accept a key, given in base64, beside those they have. When some of the members failed or did
// not answer, it returns what the others said together with an error.
func (a *Agent) InstallKey(ctx context.Context, key string) (*KeyResult, error) {
	return a.changeKeys(ctx, keyInstall, key)
}

// UseKey makes all members encrypt with a key that they have; otherwise it is like InstallKey.
func (a *Agent) UseKey(ctx context.Context, key string) (*KeyResult, error) {
	return a.changeKeys(ctx, keyUse, key)
}

// RemoveKey makes all members forget a key that they do not encrypt with; otherwise it is like InstallKey.
func (a *Agent) RemoveKey(ctx context.Context, key string) (*KeyResult, error) {
	return a.changeKeys(ctx, keyRemove, key)
}

// ListKeys asks all members for their keys; otherwise it is like InstallKey.
func (a *Agent) ListKeys(ctx context.Context) (*KeyResult, error) { return a.keyOp(ctx, keyList, nil) }

// changeKeys changes the keys of all members. One change that was asked here ends before the next begins.
func (a *Agent) changeKeys(ctx context.Context, op keyOp, key string) (*KeyResult, error) {
	raw, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		return nil, err
	}
	select {
	case a.changingKeys <- struct{}{}:
		defer func() { <-a.changingKeys }()
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-a.stopped:
		return nil, ErrClosed
	}
	return a.keyOp(ctx, op, raw)
}

func (a *Agent) keyOp(ctx context.Context, op keyOp, key []byte) (*KeyResult, error) {
	a.log.Printf(journal.Info, "agent", "Initiating %s", keyOpNames[op])
	r, err := a.do(ctx, command{kind: commandKey, op: op, key: key})
	return r.done.Keys, err
}

// changeKeys starts a key operation in the machine.
func (l *loop) changeKeys(now time.Time, tok membership.Token, op keyOp, key []byte) error {
	switch op {
	case keyInstall:
		return l.cluster.InstallKey(now, tok, key, 0)
	case keyUse:
		return l.cluster.UseKey(now, tok, key, 0)
	case keyRemove:
		return l.cluster.RemoveKey(now, tok, key, 0)
	}
	return l.cluster.ListKeys(now, tok, 0)
}

// stored tells that a change of keys was dealt with.
type stored struct {
	generation uint64
	err        error
}

// onKeys takes changed keys into use, for packets and streams from now on, and has them written to their file. The machine
// waits for that with its answer.
func (l *loop) onKeys(change membership.KeyChange) {
	a := l.agent
	ring, err := envelope.NewKeyring(change.Keys, change.Keys[0])
	if err != nil {
		l.stored = append(l.stored, stored{change.Generation, err})
		return
	}
	a.setKeyring(ring)
	if a.keyFile.path == "" {
		l.stored = append(l.stored, stored{change.Generation, nil})
		return
	}
	if start := a.keyFile.write(change.Generation, change.Keys); start {
		a.wg.Go(a.keyFile.run)
	}
}

// keysStored tells the loop that a change of keys is in the file, or why not.
func (a *Agent) keysStored(generation uint64, err error) {
	select {
	case a.storedKeys <- stored{generation, err}:
	case <-a.stopped:
	}
}
