package membership

import "time"

// InstallKey makes all members accept key beside those they have. Done carries the KeyResult.
func (c *Cluster) InstallKey(now time.Time, token Token, key []byte, relay uint8) error {
	return errNotYet
}

// UseKey makes all members encrypt with key; otherwise like InstallKey.
func (c *Cluster) UseKey(now time.Time, token Token, key []byte, relay uint8) error { return errNotYet }

// RemoveKey makes all members forget key; otherwise like InstallKey.
func (c *Cluster) RemoveKey(now time.Time, token Token, key []byte, relay uint8) error {
	return errNotYet
}

// ListKeys asks all members for their keys; otherwise like InstallKey.
func (c *Cluster) ListKeys(now time.Time, token Token, relay uint8) error { return errNotYet }

// KeysStored takes that the driver has taken a KeyChange into use and stored it, or that storing failed with err.
func (c *Cluster) KeysStored(now time.Time, generation uint64, err error) {}
