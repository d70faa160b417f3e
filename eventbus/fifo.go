package eventbus

// fifo is a first-in first-out list whose memory is used again.
type fifo[T any] struct {
	items []T // those before head are zero
	head  int
}

func (f *fifo[T]) len() int { return len(f.items) - f.head }

func (f *fifo[T]) put(item T) {
	if f.head > len(f.items)/2 && len(f.items) == cap(f.items) {
		n := copy(f.items, f.items[f.head:])
		clear(f.items[n:])
		f.items, f.head = f.items[:n], 0
	}
	f.items = append(f.items, item)
}

// peek returns the first item; the list must not be empty.
func (f *fifo[T]) peek() T { return f.items[f.head] }

func (f *fifo[T]) next() (item T, ok bool) {
	if f.head == len(f.items) {
		f.items, f.head = f.items[:0], 0
		return item, false
	}
	item = f.items[f.head]
	var none T
	f.items[f.head] = none
	f.head++
	return item, true
}
