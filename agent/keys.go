package agent

import (
	"context"
	"encoding/base64"

	"serf/agent/journal"
)

// KeyResult is what the members said to a key operation.
type KeyResult struct {
	// Messages holds what members had to say, mostly those that failed, by name.
	Messages map[string]string
	// Keys counts the members that hold each key, PrimaryKeys those that encrypt with it; by base64.
	Keys, PrimaryKeys map[string]int
	// NumNodes members were asked, NumResp answered, and NumErr of these failed.
	NumNodes, NumResp, NumErr int
}

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
	_, err := a.do(ctx, command{kind: commandKey, op: op, key: key})
	return nil, err
}
