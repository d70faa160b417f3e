package membership

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"time"

	"serf/eventbus"
)

const (
	// keysMax bounds the keys of a keyring. Each received packet may have to be tried with all of them.
	keysMax = 1024
	// keyChangesMax bounds the changes that wait for KeysStored.
	keyChangesMax = 64
)

// Reasons for which a key operation fails on a member. The texts travel to the asking member and are those of the
// reference where it has one.
var (
	errKeyOff     = errors.New("No keyring to modify (encryption not enabled)")
	errKeyListOff = errors.New("Keyring is empty (encryption not enabled)")
	errKeySize    = errors.New("key size must be 16, 24 or 32 bytes")
	errKeyMissing = errors.New("requested key is not in the keyring")
	errKeyPrimary = errors.New("removing the primary key is not allowed")
	errKeysFull   = fmt.Errorf("no more than %d keys are kept", keysMax)
	errKeysBusy   = errors.New("too many key changes wait to be stored")
)

// keyring is the keys of the gossip encryption, the primary one first. A list of keys never changes once it was handed
// out.
type keyring struct {
	list       [][]byte // nil: encryption is off
	generation uint64   // of list
	stored     []keyChange
}

// keyChange is a change that waits for KeysStored.
type keyChange struct {
	generation uint64
	query      eventbus.QueryID
}

func cloneKeys(keys [][]byte) [][]byte {
	c := slices.Clone(keys)
	for i := range c {
		c[i] = bytes.Clone(c[i])
	}
	return c
}

func checkKey(key []byte) error {
	switch len(key) {
	case 16, 24, 32:
		return nil
	}
	return errKeySize
}

// changed returns the keys after a key operation. It fails with the reason for which they stay as they are.
func (k *keyring) changed(name string, key []byte) ([][]byte, error) {
	if k.list == nil {
		return nil, errKeyOff
	}
	i := slices.IndexFunc(k.list, func(known []byte) bool { return bytes.Equal(known, key) })
	switch name {
	case eventbus.QueryInstallKey:
		return k.installed(key, i >= 0)
	case eventbus.QueryUseKey:
		if i < 0 {
			return nil, errKeyMissing
		}
		rest := slices.Delete(slices.Clone(k.list), i, i+1)
		return append([][]byte{k.list[i]}, rest...), nil
	}
	switch {
	case i == 0:
		return nil, errKeyPrimary
	case i < 0:
		return k.list, nil
	}
	return slices.Delete(slices.Clone(k.list), i, i+1), nil
}

func (k *keyring) installed(key []byte, known bool) ([][]byte, error) {
	switch {
	case checkKey(key) != nil:
		return nil, errKeySize
	case known:
		return k.list, nil
	case len(k.list) >= keysMax:
		return nil, errKeysFull
	}
	return append(slices.Clone(k.list), bytes.Clone(key)), nil
}

// InstallKey makes all members accept key beside those they have. Done carries the KeyResult; its Err tells when members
// failed or did not answer.
//
// It fails like Query, and then nothing has changed.
func (c *Cluster) InstallKey(now time.Time, token Token, key []byte, relay uint8) error {
	return c.keyOperation(now, token, eventbus.QueryInstallKey, key, relay)
}

// UseKey makes all members encrypt with key, which they must have; otherwise like InstallKey.
func (c *Cluster) UseKey(now time.Time, token Token, key []byte, relay uint8) error {
	return c.keyOperation(now, token, eventbus.QueryUseKey, key, relay)
}

// RemoveKey makes all members forget key, with which they must not encrypt; otherwise like InstallKey.
func (c *Cluster) RemoveKey(now time.Time, token Token, key []byte, relay uint8) error {
	return c.keyOperation(now, token, eventbus.QueryRemoveKey, key, relay)
}

// ListKeys asks all members for their keys; otherwise like InstallKey.
func (c *Cluster) ListKeys(now time.Time, token Token, relay uint8) error {
	return c.keyOperation(now, token, eventbus.QueryListKeys, []byte{}, relay)
}

func (c *Cluster) keyOperation(now time.Time, token Token, name string, key []byte, relay uint8) error {
	result := &KeyResult{
		Messages: make(map[string]string), Keys: make(map[string]int), PrimaryKeys: make(map[string]int),
		NumNodes: c.living(),
	}
	_, err := c.ask(now, &QueryParams{
		Name: name, Payload: eventbus.AppendKeyRequest(nil, &eventbus.KeyRequest{Key: key}),
		RelayFactor: relay, MembersOnly: true,
	}, asked{purpose: forKeys, token: token, keys: result})
	c.settle(now)
	return err
}

// living counts the members that have neither left nor failed.
func (c *Cluster) living() int { return c.table.len() - c.table.failed - c.table.left }

// onKeyQuery changes the keys and answers: at once if nothing changes, else when the driver has stored them.
func (c *Cluster) onKeyQuery(now time.Time, e *eventbus.Event) {
	key, ok := requestedKey(e.Payload)
	if !ok {
		c.answerKey(now, e.QueryID(), errors.New(""))
		return
	}
	keys, err := c.keys.changed(e.Name, key)
	if err == nil && len(c.keys.stored) >= keyChangesMax {
		err = errKeysBusy
	}
	if err != nil {
		c.answerKey(now, e.QueryID(), err)
		return
	}
	c.keys.list = keys
	c.keys.generation++
	c.keys.stored = append(c.keys.stored, keyChange{c.keys.generation, e.QueryID()})
	c.effects = append(c.effects, Effect{Kind: EffectKeys, Keys: &KeyChange{Generation: c.keys.generation, Keys: keys}})
}

// requestedKey returns the key of a request. Its first byte is not looked at, as everywhere else.
func requestedKey(payload []byte) (key []byte, ok bool) {
	if len(payload) == 0 {
		return nil, false
	}
	m := append([]byte{byte(eventbus.TypeKeyRequest)}, payload[1:]...)
	r, err := eventbus.DecodeKeyRequest(m)
	return r.Key, err == nil
}

// KeysStored takes that the driver has taken a KeyChange into use and stored it, or that storing failed with err. The
// asking member is told. Generations that nobody waits for are ignored.
func (c *Cluster) KeysStored(now time.Time, generation uint64, err error) {
	if c.stopped() {
		return
	}
	i := slices.IndexFunc(c.keys.stored, func(k keyChange) bool { return k.generation == generation })
	if i < 0 {
		return
	}
	id := c.keys.stored[i].query
	c.keys.stored = slices.Delete(c.keys.stored, i, i+1)
	c.answerKey(now, id, err)
	c.settle(now)
}

// answerKey answers a key operation that failed with err, or succeeded.
func (c *Cluster) answerKey(now time.Time, id eventbus.QueryID, err error) {
	answer := eventbus.KeyResponse{Result: err == nil}
	if err != nil {
		answer.Message = err.Error()
	}
	if answer.Message != "" {
		c.notice(now, Notice{Kind: NoticeKeyRefused, Err: err})
	}
	c.answerInternal(now, id, eventbus.AppendKeyResponse(nil, &answer))
}

// onListQuery answers which keys there are, as many as fit.
func (c *Cluster) onListQuery(now time.Time, e *eventbus.Event) {
	if c.keys.list == nil {
		c.answerKey(now, e.QueryID(), errKeyListOff)
		return
	}
	texts := make([]string, len(c.keys.list))
	for i, key := range c.keys.list {
		texts[i] = base64.StdEncoding.EncodeToString(key)
	}
	head := eventbus.ResponseMessage{LTime: e.LTime, ID: e.ID, From: []byte(c.table.local)}
	payload, _ := eventbus.FitKeyList(head, texts, c.cfg.QueryResponseSizeLimit)
	if payload == nil {
		c.notice(now, Notice{Kind: NoticeDropped, Err: fmt.Errorf("membership: key list: %w", eventbus.ErrTooLarge)})
		return
	}
	c.answerInternal(now, e.QueryID(), payload)
}

// answerInternal responds to an internal query.
func (c *Cluster) answerInternal(now time.Time, id eventbus.QueryID, payload []byte) {
	if err := c.respond(now, id, payload); err != nil {
		c.notice(now, Notice{Kind: NoticeDropped, Err: err})
	}
}

// add counts one answer to a key operation.
func (r *KeyResult) add(u *eventbus.QueryUpdate) {
	if u.Kind != eventbus.UpdateResponse {
		return
	}
	r.NumResp++
	m, err := eventbus.DecodeKeyResponse(u.Payload)
	if err != nil {
		r.NumErr++
		r.Messages[u.From] = err.Error()
		return
	}
	if !m.Result {
		r.NumErr++
	}
	if !m.Result || m.Message != "" {
		r.Messages[u.From] = m.Message
	}
	for _, key := range m.Keys {
		r.Keys[key]++
	}
	r.PrimaryKeys[m.PrimaryKey]++
}

// err returns what is wrong with the result as a whole.
func (r *KeyResult) err() error {
	switch {
	case r.NumErr != 0:
		return fmt.Errorf("%d/%d nodes reported failure", r.NumErr, r.NumNodes)
	case r.NumResp != r.NumNodes:
		return fmt.Errorf("%d/%d nodes reported success", r.NumResp, r.NumNodes)
	}
	return nil
}
