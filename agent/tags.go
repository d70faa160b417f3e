package agent

import "context"

// UpdateTags removes the tags in remove from those of this member, then sets those in set, and returns when that has
// been broadcast. When the result does not fit into the member's metadata it returns an error and nothing changes.
func (a *Agent) UpdateTags(ctx context.Context, set map[string]string, remove []string) error {
	return ErrNotWired
}
