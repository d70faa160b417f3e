package agent

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"syscall"
)

var errPower = errors.New("no power")

// fakeDisk is a disk in memory that keeps apart what is durable and what a power cut may lose. It fails on demand.
type fakeDisk struct {
	mu      sync.Mutex
	now     map[string]*fakeInode                 // names as programs see them
	durable map[string]*fakeInode                 // as they were at the last SyncDir
	moves   []func(names map[string]*fakeInode)   // made since
	space   int                                   // bytes that files may take together; negative: any number
	steps   int                                   // changes until the power goes; negative: it stays
	fail    func(op, path string, at int64) error // may be nil; called before each change, without the lock
}

// fakeInode is the content of a file.
type fakeInode struct {
	data, durable []byte
	changes       []fakeChange // made since durable
}

// fakeChange is bytes written at an offset, or, without bytes, a truncation there.
type fakeChange struct {
	at int64
	b  []byte
}

var _ disk = (*fakeDisk)(nil)

func newFakeDisk() *fakeDisk {
	return &fakeDisk{now: make(map[string]*fakeInode), durable: make(map[string]*fakeInode), space: -1, steps: -1}
}

// change is called with the lock held before anything is changed.
func (d *fakeDisk) change(op, path string, at int64) error {
	if d.steps == 0 {
		return errPower
	}
	if d.steps > 0 {
		d.steps--
	}
	if d.fail == nil {
		return nil
	}
	d.mu.Unlock()
	defer d.mu.Lock()
	return d.fail(op, path, at)
}

func (d *fakeDisk) move(f func(names map[string]*fakeInode)) {
	f(d.now)
	d.moves = append(d.moves, f)
}

func (d *fakeDisk) Open(path string, flag int, _ fs.FileMode) (diskFile, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.change("open", path, 0); err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	node := d.now[path]
	if node == nil {
		if flag&os.O_CREATE == 0 {
			return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
		}
		node = new(fakeInode)
		d.move(func(names map[string]*fakeInode) { names[path] = node })
	}
	if flag&os.O_TRUNC != 0 {
		node.apply(fakeChange{})
	}
	return &fakeFile{disk: d, path: path, node: node}, nil
}

func (d *fakeDisk) Stat(path string) (fs.FileInfo, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.now[path] == nil {
		return nil, &fs.PathError{Op: "stat", Path: path, Err: fs.ErrNotExist}
	}
	return fakeInfo{}, nil
}

func (d *fakeDisk) Rename(from, to string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.change("rename", from, 0); err != nil {
		return err
	}
	if d.now[from] == nil {
		return fs.ErrNotExist
	}
	d.move(func(names map[string]*fakeInode) {
		names[to] = names[from]
		delete(names, from)
	})
	return nil
}

func (d *fakeDisk) Remove(path string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.change("remove", path, 0); err != nil {
		return err
	}
	if d.now[path] == nil {
		return fs.ErrNotExist
	}
	d.move(func(names map[string]*fakeInode) { delete(names, path) })
	return nil
}

func (d *fakeDisk) SyncDir(path string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.change("syncdir", path, 0); err != nil {
		return err
	}
	d.durable, d.moves = maps.Clone(d.now), nil
	return nil
}

// powerCut returns what is left: of each file and of the directory what was synced and some first part of the changes since,
// the last of which may be torn. With holes, any of the changes to a file may be missing or torn.
func (d *fakeDisk) powerCut(rng *rand.Rand, holes bool) *fakeDisk {
	d.mu.Lock()
	defer d.mu.Unlock()
	names := maps.Clone(d.durable)
	for _, move := range d.moves[:rng.IntN(len(d.moves)+1)] {
		move(names)
	}
	left := newFakeDisk()
	for _, path := range slices.Sorted(maps.Keys(names)) {
		if names[path] == nil {
			continue
		}
		data := names[path].survive(rng, holes)
		left.now[path] = &fakeInode{data: data, durable: slices.Clone(data)}
	}
	left.durable = maps.Clone(left.now)
	return left
}

func (n *fakeInode) survive(rng *rand.Rand, holes bool) []byte {
	left := &fakeInode{data: slices.Clone(n.durable)}
	k := rng.IntN(len(n.changes) + 1)
	if holes {
		k = len(n.changes)
	}
	for i, c := range n.changes[:k] {
		if holes && rng.IntN(3) == 0 {
			continue
		}
		if (i == k-1 || holes && rng.IntN(3) == 0) && len(c.b) > 0 {
			c.b = c.b[:1+rng.IntN(len(c.b))]
		}
		left.apply(c)
	}
	return left.data
}

func (n *fakeInode) apply(c fakeChange) {
	n.changes = append(n.changes, c)
	end := int(c.at) + len(c.b)
	if len(c.b) == 0 {
		n.data = n.data[:min(end, len(n.data))]
		return
	}
	if end > len(n.data) {
		n.data = append(n.data, make([]byte, end-len(n.data))...)
	}
	copy(n.data[c.at:], c.b)
}

// put makes a durable file.
func (d *fakeDisk) put(path, text string) {
	d.now[path] = &fakeInode{data: []byte(text), durable: []byte(text)}
	d.durable[path] = d.now[path]
}

// text returns the content of a file, or "" if there is none.
func (d *fakeDisk) text(path string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.now[path] == nil {
		return ""
	}
	return string(d.now[path].data)
}

// setSpace changes how many bytes fit.
func (d *fakeDisk) setSpace(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.space = n
}

// fit returns how many bytes of a write up to end still fit on the disk.
func (d *fakeDisk) fit(n *fakeInode, at int64, size int) int {
	if d.space < 0 {
		return size
	}
	free := d.space
	for _, other := range d.now { //order-free: a sum
		if other != n {
			free -= len(other.data)
		}
	}
	return max(0, min(size, max(free, len(n.data))-int(at)))
}

// fakeFile is an open file of a fakeDisk.
type fakeFile struct {
	disk *fakeDisk
	path string
	node *fakeInode
	read int
}

func (f *fakeFile) Read(p []byte) (int, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if f.disk.fail != nil {
		if err := f.disk.fail("read", f.path, int64(f.read)); err != nil {
			return 0, err
		}
	}
	n := copy(p, f.node.data[min(f.read, len(f.node.data)):])
	f.read += n
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func (f *fakeFile) WriteAt(p []byte, at int64) (int, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	n := f.disk.fit(f.node, at, len(p))
	err := f.disk.change("write", f.path, at)
	switch {
	case errors.Is(err, errPower):
		return 0, err
	case err != nil:
		n /= 2 // a write that fails has done its worst
	case n < len(p):
		err = syscall.ENOSPC
	}
	if n > 0 {
		f.node.apply(fakeChange{at, slices.Clone(p[:n])})
	}
	return n, err
}

func (f *fakeFile) Truncate(size int64) error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if err := f.disk.change("truncate", f.path, size); err != nil {
		return err
	}
	f.node.apply(fakeChange{at: size})
	return nil
}

func (f *fakeFile) Sync() error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if err := f.disk.change("sync", f.path, 0); err != nil {
		return err
	}
	f.node.durable, f.node.changes = slices.Clone(f.node.data), nil
	return nil
}

func (f *fakeFile) Close() error { return nil }

// fakeInfo describes an ordinary file.
type fakeInfo struct{ fs.FileInfo }

func (fakeInfo) Mode() fs.FileMode { return 0o644 }
