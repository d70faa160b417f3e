package eventbus

import (
	"strconv"
	"testing"
)

func TestBurstIsLetGoInOrder(t *testing.T) {
	var p Pacer
	for i := range 1000 {
		if err := p.Push(Draft{Name: strconv.Itoa(i)}); err != nil {
			t.Fatal(err)
		}
	}
	underWay, next := 0, 0
	for p.Len() > 0 {
		for d, ok := p.Next(underWay); ok; d, ok = p.Next(underWay) {
			if want := strconv.Itoa(next); d.Name != want {
				t.Fatalf("got %s, want %s", d.Name, want)
			}
			next++
			underWay++
		}
		if underWay > UnderWayMax {
			t.Fatalf("%d under way", underWay)
		}
		underWay -= 10
	}
	if next != 1000 || p.bytes != 0 {
		t.Errorf("%d came out, want 1000; %d bytes are left, want 0", next, p.bytes)
	}
}

func TestFullPacerTellsTheSender(t *testing.T) {
	for limit, payload := range map[int]int{WaitingMax: 1, WaitingBytesMax / 1024: 1024} {
		var p Pacer
		d := Draft{Payload: make([]byte, payload)}
		for range limit {
			if err := p.Push(d); err != nil {
				t.Fatal(err)
			}
		}
		wantError(t, "Push", p.Push(d), ErrQueueFull)
		if p.Len() != limit {
			t.Errorf("%d of %d bytes wait, want %d", p.Len(), payload, limit)
		}
	}
}

func TestFifoKeepsOrderAndReusesMemory(t *testing.T) {
	var f fifo[int]
	put, got := 0, 0
	for range 10_000 {
		for range 3 {
			f.put(put)
			put++
		}
		for f.len() > 5 {
			if v := f.peek(); v != got {
				t.Fatalf("peek: got %d, want %d", v, got)
			}
			if v, ok := f.next(); !ok || v != got {
				t.Fatalf("next: got %d, %v, want %d", v, ok, got)
			}
			got++
		}
	}
	if cap(f.items) > 64 {
		t.Errorf("room for %d items although 8 were held at most", cap(f.items))
	}
}
