package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// rotate makes key the only one of all members. Each step is checked before the next, and no key is taken away while a member
// that may come back lacks the new one. It may be repeated after a failure, from wherever the last attempt got.
func (k *keyRun) rotate(key string) error {
	if err := k.noneFailed(); err != nil {
		return err
	}
	if _, err := k.do(keyInstall, key); err != nil {
		return err
	}
	if _, err := k.othersThan(key); err != nil {
		return err
	}
	if _, err := k.do(keyUse, key); err != nil {
		return err
	}
	if err := k.noneFailed(); err != nil { // while we were at it
		return err
	}
	others, err := k.othersThan(key)
	if err != nil {
		return err
	}
	for _, other := range others {
		if _, err := k.do(keyRemove, other); err != nil {
			return err
		}
	}
	if left, err := k.othersThan(key); err != nil || len(left) > 0 {
		if err == nil {
			err = rotationFailure("%d other keys are still there: a member has joined with them; repeat the command", len(left))
		}
		return err
	}
	if k.json {
		return writeJSON(k.program.stdout, map[string]any{"action": "rotate", "removed": len(others)})
	}
	k.announce(fmt.Sprintf("All members use the new key, and have no other; %d removed", len(others)))
	return nil
}

// noneFailed refuses to go on when a member has failed: it would come back without the new key.
func (k *keyRun) noneFailed() error {
	members, err := k.client.MembersFiltered(k.ctx, nil, "failed", "")
	if err != nil {
		return rotationFailure("%v", err)
	}
	if len(members) == 0 {
		return nil
	}
	var names []string
	for _, m := range members {
		names = append(names, printable(m.Name))
	}
	slices.Sort(names)
	say(k.program.stderr, "bring them back, or let them go with serf force-leave, then repeat the command")
	return rotationFailure("these members have failed and would be locked out: %s", strings.Join(names, ", "))
}

// othersThan returns the keys beside key, sorted. It fails unless every member has key.
func (k *keyRun) othersThan(key string) ([]string, error) {
	result, err := k.client.ListKeys(k.ctx)
	if err != nil {
		return nil, k.failed(keyList, result, err)
	}
	if have := result.Keys[key]; have != result.NumNodes {
		return nil, rotationFailure("%d of %d members have the new key; nothing was removed, repeat the command", have, result.NumNodes)
	}
	delete(result.Keys, key)
	return slices.Sorted(maps.Keys(result.Keys)), nil
}

func rotationFailure(format string, args ...any) error {
	return failure("\nError rotating keys: "+format, args...)
}
