package agent

import (
	"io"
	"io/fs"
	"os"
)

// disk is the part of a file system that a snapshot needs. Tests have one that fails and forgets.
type disk interface {
	Open(path string, flag int, mode fs.FileMode) (diskFile, error)
	Stat(path string) (fs.FileInfo, error)
	Rename(from, to string) error
	Remove(path string) error
	// SyncDir makes creations and renames in a directory durable.
	SyncDir(path string) error
}

// diskFile is an open file. The offset of reads is not that of writes.
type diskFile interface {
	io.Reader
	io.WriterAt
	io.Closer
	Truncate(size int64) error
	Sync() error
}

// osDisk is the real one.
type osDisk struct{}

var _ disk = osDisk{}

func (osDisk) Open(path string, flag int, mode fs.FileMode) (diskFile, error) {
	f, err := os.OpenFile(path, flag, mode)
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (osDisk) Stat(path string) (fs.FileInfo, error) { return os.Stat(path) }

func (osDisk) Rename(from, to string) error { return os.Rename(from, to) }

func (osDisk) Remove(path string) error { return os.Remove(path) }

func (osDisk) SyncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	err = d.Sync()
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	return err
}
