package config

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Setup is the last step before the agent is created, after the first line of the banner: it checks what files and flags
// may not say together, and returns the encryption keys, the primary one first: key, or those of the keyring file; none
// without encryption. seed says that there is no keyring file yet and that SeedKeyring has to make it. The errors have
// the texts of the reference agent.
func (c Config) Setup(key []byte) (keys [][]byte, seed bool, err error) {
	switch {
	case c.TagsFile != "" && len(c.Tags) > 0:
		return nil, false, ErrTagsTwice
	case c.KeyringFile == "" && key == nil:
		return nil, false, nil
	case c.KeyringFile == "":
		return [][]byte{key}, false, nil
	case key != nil && !exists(c.KeyringFile):
		return [][]byte{key}, true, nil
	case key != nil && !c.EncryptKeySeeds:
		//lint:ignore ST1005 scripts match on this text
		return nil, false, errors.New("Encryption key not allowed while using a keyring")
	}
	keys, err = readKeyring(c.KeyringFile)
	if err != nil {
		return nil, false, err
	}
	for _, k := range keys {
		if !validKey(k) {
			//lint:ignore ST1005 scripts match on this text
			return nil, false, fmt.Errorf("Failed to restore keyring: %w", errKeySize)
		}
	}
	return keys, false, nil
}

// exists says whether there is something at path, even if it cannot be examined.
func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// SeedKeyring makes the keyring file of c, which must not exist, out of keys.
func (c Config) SeedKeyring(keys [][]byte) error {
	texts := make([]string, len(keys))
	for i, k := range keys {
		texts[i] = base64.StdEncoding.EncodeToString(k)
	}
	content, err := json.MarshalIndent(texts, "", "  ")
	if err != nil {
		panic(err) // strings can be encoded
	}
	f, err := os.OpenFile(c.KeyringFile, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("cannot make the keyring file: %w", err)
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		_ = os.Remove(c.KeyringFile) // half a keyring would keep the next start from being one
		return fmt.Errorf("cannot make the keyring file: %w", err)
	}
	return nil
}

// ErrTagsTwice says that there are tags in the configuration and a file for tags as well.
//
//lint:ignore ST1005 scripts match on this text
var ErrTagsTwice = errors.New("Tags config not allowed while using tag files")

// validKey accepts the key sizes of AES.
func validKey(k []byte) bool { return len(k) == 16 || len(k) == 24 || len(k) == 32 }

// errKeySize is the reference's word for a key that cannot be used.
var errKeySize = errors.New("key size must be 16, 24 or 32 bytes")

// readKeyring reads a JSON list of base64 keys, at least one.
func readKeyring(path string) ([][]byte, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	content, err := readFile(path)
	if err != nil {
		//lint:ignore ST1005 scripts match on this text
		return nil, fmt.Errorf("Failed to read keyring file: %w", err)
	}
	return decodeKeyring(content)
}

// decodeKeyring returns the keys in the content of a keyring file, of whatever length they are.
func decodeKeyring(content []byte) ([][]byte, error) {
	var texts []string
	if err := json.Unmarshal(content, &texts); err != nil {
		//lint:ignore ST1005 scripts match on this text
		return nil, fmt.Errorf("Failed to decode keyring file: %w", err)
	}
	if len(texts) == 0 {
		//lint:ignore ST1005 scripts match on this text
		return nil, errors.New("Keyring file contains no keys")
	}
	keys := make([][]byte, len(texts))
	for i, text := range texts {
		var err error
		if keys[i], err = base64.StdEncoding.DecodeString(text); err != nil {
			//lint:ignore ST1005 scripts match on this text
			return nil, fmt.Errorf("Failed to decode key from keyring: %w", err)
		}
	}
	return keys, nil
}
