package agent

import "context"

// KeyResult is what the members said to a key operation.
type KeyResult struct {
	// Messages holds what members had to say, mostly those that failed, by name.
	Messages map[string]string
	// Keys counts the members that hold each key, PrimaryKeys those that encrypt with it; by base64.
	Keys, PrimaryKeys map[string]int
	// NumNodes members were asked, NumResp answered, and NumErr of these failed.
	NumNodes, NumResp, NumErr int
}

// InstallKey makes all members accept a key, given in base64, beside those they have.
func (a *Agent) InstallKey(ctx context.Context, key string) (*KeyResult, error) {
	return nil, ErrNotWired
}

// UseKey makes all members encrypt with a key that they have.
func (a *Agent) UseKey(ctx context.Context, key string) (*KeyResult, error) { return nil, ErrNotWired }

// RemoveKey makes all members forget a key that they do not encrypt with.
func (a *Agent) RemoveKey(ctx context.Context, key string) (*KeyResult, error) {
	return nil, ErrNotWired
}

// ListKeys asks all members for their keys.
func (a *Agent) ListKeys(ctx context.Context) (*KeyResult, error) { return nil, ErrNotWired }
