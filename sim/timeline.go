package sim

import (
	"time"

	"serf/eventbus"
	"serf/sim/chart"
)

// Limits of what a timeline keeps of a world, however large and old it is.
const (
	looksMax   = 240 // moments; when there are as many, every second one goes
	viewersMax = 64  // hosts whose views count
	rowsMax    = 100 // hosts that are drawn
	ratesMax   = 60  // moments of which traffic is told
)

// lookFirst is the time between two looks at first; it doubles whenever looks are thinned out.
const lookFirst = 100 * time.Millisecond

// timeline looks at a world again and again, for the charts of a report. It changes nothing of what happens there.
type timeline struct {
	world   *World
	begin   time.Duration
	step    time.Duration
	viewers []int
	rows    []int
	looks   []look
	over    bool
}

// look is what was seen at one moment.
type look struct {
	at     time.Duration
	counts Counts
	up     int     // hosts
	agreed float64 // share of what viewers show that is true
	rows   []rowLook
}

// rowLook is what is said of one host.
type rowLook struct {
	level uint8
	down  bool
}

// watch begins a timeline of w, unless nobody wants charts.
func (p *Params) watch(w *World) *timeline {
	if !p.Charts {
		return nil
	}
	t := &timeline{world: w, begin: w.Now(), step: lookFirst, viewers: spread(len(w.hosts), viewersMax), rows: spread(len(w.hosts), rowsMax)}
	t.again()
	return t
}

// spread chooses at most limit of n, evenly.
func spread(n, limit int) []int {
	count := min(n, limit)
	list := make([]int, count)
	for i := range list {
		list[i] = i * n / count
	}
	return list
}

func (t *timeline) again() {
	if t.over {
		return
	}
	t.look()
	t.world.At(t.step, t.again)
}

func (t *timeline) look() {
	w := t.world
	l := look{at: w.Now() - t.begin, counts: w.Counts()}
	started := 0
	for _, h := range w.hosts {
		if h.cluster != nil {
			l.up++
		}
		if h.lives > 0 {
			started++
		}
	}
	alive, right, seen, viewers := make([]int, len(w.hosts)), 0, 0, make(map[int]bool)
	for _, v := range t.viewers {
		if h := w.hosts[v]; h.cluster != nil && !h.leaving {
			viewers[v] = true
			right += h.compare(alive)
			seen += started
		}
	}
	l.agreed = float64(right) / float64(max(1, seen))
	for _, i := range t.rows {
		others, say := len(viewers), alive[i]
		if viewers[i] { // it does not count what it says of itself
			others, say = others-1, say-1
		}
		l.rows = append(l.rows, rowLook{aliveLevel(say, others), w.hosts[i].cluster == nil})
	}
	t.keep(l)
}

// compare adds to alive the hosts that h shows as alive, and returns of how many it shows what is true.
func (h *host) compare(alive []int) (right int) {
	members := h.cluster.View().Members
	for i, o := range h.world.hosts {
		if o.lives == 0 {
			continue
		}
		for len(members) > 0 && members[0].Name < o.name {
			members = members[1:]
		}
		shown := len(members) > 0 && members[0].Name == o.name && members[0].Status == eventbus.StatusAlive
		if shown {
			alive[i]++
		}
		if shown == (o.cluster != nil && !o.leaving) {
			right++
		}
	}
	return right
}

func (t *timeline) keep(l look) {
	t.looks = append(t.looks, l)
	if len(t.looks) < looksMax {
		return
	}
	for i := range looksMax / 2 {
		t.looks[i] = t.looks[2*i]
	}
	t.looks, t.step = t.looks[:looksMax/2], 2*t.step
}

// aliveLevels say how many of the others call a member alive.
var aliveLevels = []chart.Level{
	{Name: "all others call it alive", Fill: chart.Heat0},
	{Name: "up to a third do not", Fill: chart.Heat1},
	{Name: "up to two thirds do not", Fill: chart.Heat2},
	{Name: "more do not", Fill: chart.Heat3},
	{Name: "nobody does", Fill: chart.Heat4},
}

// aliveLevel is the index in aliveLevels when so many of others say so.
func aliveLevel(say, others int) uint8 {
	switch missing := others - say; {
	case missing <= 0:
		return 0
	case 3*missing <= others:
		return 1
	case 3*missing <= 2*others:
		return 2
	case missing < others:
		return 3
	}
	return 4
}

// fill ends the timeline and puts its charts into r.
func (t *timeline) fill(r *Report) {
	if t == nil || t.over {
		return
	}
	t.look()
	t.over = true
	r.Charts = append(r.Charts, t.agreement(), t.traffic(), t.accusations())
	r.Bands = append(r.Bands, t.bands())
}

var timeAxis = chart.Axis{Label: "time", Unit: "s"}

func (t *timeline) agreement() chart.Chart {
	s := chart.Series{Name: "agreement"}
	for _, l := range t.looks {
		s.Points = append(s.Points, chart.Point{X: l.at.Seconds(), Y: 100 * l.agreed})
	}
	return chart.Chart{Title: "Convergence", X: timeAxis, Y: chart.Axis{Label: "entries of the members' lists that are true", Unit: "%", Free: true},
		Series: []chart.Series{s}, Note: "An entry is true when it shows a running member as alive, or another one as not."}
}

func (t *timeline) traffic() chart.Chart {
	packets, streams := chart.Series{Name: "in packets"}, chart.Series{Name: "in streams"}
	every := max(1, len(t.looks)/ratesMax)
	for i := every; i < len(t.looks); i += every {
		a, b := &t.looks[i-every], &t.looks[i]
		each := (b.at - a.at).Seconds() * float64(max(1, b.up))
		if each == 0 {
			continue
		}
		x := b.at.Seconds()
		sent := b.counts.Bytes - a.counts.Bytes + headerBytes*(b.counts.Packets-a.counts.Packets)
		packets.Points = append(packets.Points, chart.Point{X: x, Y: float64(sent) / each})
		streams.Points = append(streams.Points, chart.Point{X: x, Y: float64(b.counts.StreamBytes-a.counts.StreamBytes) / each})
	}
	return chart.Chart{Title: "Bandwidth", X: timeAxis, Y: chart.Axis{Label: "sent by a member", Unit: "B/s"},
		Series: []chart.Series{packets, streams}, Note: "Packets with IP and UDP headers, streams without, both before encryption."}
}

func (t *timeline) accusations() chart.Chart {
	s := chart.Series{Name: "called failed"}
	for _, l := range t.looks {
		s.Points = append(s.Points, chart.Point{X: l.at.Seconds(), Y: float64(l.counts.Accused - t.looks[0].counts.Accused)})
	}
	return chart.Chart{Title: "False positives", X: timeAxis, Y: chart.Axis{Label: "running members called failed, by each who did"}, Steps: true,
		Series: []chart.Series{s}, Note: "Members that are cut off count too: they run."}
}

func (t *timeline) bands() chart.Bands {
	d := chart.Bands{Title: "Members over time", X: timeAxis, End: t.looks[len(t.looks)-1].at.Seconds(), Levels: aliveLevels, Mark: "it is down",
		Note: "A row for each member, coloured by how many others do not show it as alive, or do not know it yet."}
	for k, i := range t.rows {
		row := chart.Row{Name: t.world.hosts[i].name}
		for j := range t.looks {
			from, to := t.looks[j].at.Seconds(), d.End
			if j+1 < len(t.looks) {
				to = t.looks[j+1].at.Seconds()
			}
			row.Spans = extend(row.Spans, chart.Span{From: from, To: to, Level: int(t.looks[j].rows[k].level)})
			if t.looks[j].rows[k].down {
				row.Marks = extend(row.Marks, chart.Span{From: from, To: to})
			}
		}
		d.Rows = append(d.Rows, row)
	}
	return d
}

// extend appends s, or lets the last span go on when it is the same.
func extend(spans []chart.Span, s chart.Span) []chart.Span {
	if n := len(spans); n > 0 && spans[n-1].Level == s.Level && spans[n-1].To == s.From {
		spans[n-1].To = s.To
		return spans
	}
	return append(spans, s)
}
